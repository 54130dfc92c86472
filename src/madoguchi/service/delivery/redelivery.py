"""Another day and time: after nobody was met, or before the parcel comes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.carried import slot_words
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.rules import Draft, Fact, Refusal, Said, Wish, said
from madoguchi.core.carriers.port import Ability, Band, CarrierPort, Slot
from madoguchi.core.shop.port import Operation
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.delivery.opening import Opening, ParcelOf, carried, offered, open_for, seen, too_late
from madoguchi.service.delivery.settling import Arrangement, plan_of


class Redeliver(ParcelOf, frozen=True, forbid_unknown_fields=True):
    """Which parcel, on which day, in which part of it."""

    day: date
    band: Band


class RedeliverPlan(Arrangement, frozen=True, kw_only=True):
    """When it comes."""

    day: date
    band: Band


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The days, and the parts of a day, that the carrier offers now."""
    _, parcel = await seen(tx, actor, subject.id, subject.ref)
    told = await carried(tx, parcel)
    free = _free(told.slots if told else (), tx.now)
    days, bands = sorted({slot.day for slot in free}), {slot.band for slot in free}
    return (
        _choice("day", {day.isoformat(): said("delivery.day", day=day) for day in days}),
        _choice("band", {band.value: Said(f"delivery.band.{band}") for band in Band if band in bands}),
    )


async def draft(tx: Tx, actor: Actor, arguments: Redeliver) -> Draft:
    """When it would come; Refused("slot_unavailable") for a part of a day that the carrier does not offer then."""
    opening = await opened(tx, actor, arguments)
    wanted = (arguments.day, arguments.band)
    slot = next((one for one in _free(opening.carried.slots, tx.now) if (one.day, one.band) == wanted), None)
    if slot is None:
        raise Refused("slot_unavailable", 409, field="band")
    plan = {"day": slot.day, "band": slot.band}
    return opening.draft("delivery.redeliver.title", _facts(opening, slot), plan)


async def carry(carrier: CarrierPort, wish: Wish) -> Operation:
    """Ask the carrier, under the request's key."""
    plan = plan_of(wish, RedeliverPlan)
    return await carrier.redeliver(str(wish.id), plan.number, plan.day, plan.band)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether another time can be asked for."""
    return await offered(opened(tx, actor, ParcelOf(subject.id, subject.ref)))


async def opened(tx: Tx, actor: Actor, of: ParcelOf) -> Opening:
    """The parcel, when there is a time to choose; Refused as `open_for`, and carrier_too_late."""
    opening = await open_for(tx, actor, of, Ability.REDELIVER)
    if not _free(opening.carried.slots, tx.now):
        raise too_late()
    return opening


def _choice(name: str, labels: Mapping[str, Said]) -> Field:
    options = tuple(FieldOption(value=value, label=label) for value, label in labels.items())
    return Field(name=name, kind=FieldKind.CHOICE, options=options, unknown="slot_unavailable")


def _free(slots: Sequence[Slot], now: datetime) -> list[Slot]:
    return [slot for slot in slots if slot.ask_by > now]


def _facts(opening: Opening, slot: Slot) -> Iterator[Fact]:
    yield Fact(Said("delivery.fact.slot"), slot_words(slot.day, slot.band))
    if before := opening.tracked.agreed.slot:
        yield Fact(Said("delivery.fact.slot.before"), slot_words(before.day, before.band))

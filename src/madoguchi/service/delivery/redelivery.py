"""Another day and time: after nobody was met, or before the parcel comes."""

from collections.abc import Iterator
from datetime import date

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.carried import slot_words
from madoguchi.core.actions.fields import Field, Subject, why_not
from madoguchi.core.actions.rules import Draft, Fact, Refusal, Said, Wish
from madoguchi.core.carriers.port import Ability, Band, CarrierPort, Slot
from madoguchi.core.shop.port import Operation
from madoguchi.kit.db import Tx
from madoguchi.service.delivery import slots
from madoguchi.service.delivery.opening import Opening, ParcelOf, carried, open_for, seen, too_late
from madoguchi.service.delivery.settling import SlotPlan, plan_of


class Redeliver(ParcelOf, frozen=True, forbid_unknown_fields=True):
    """Which parcel, on which day, in which part of it."""

    day: date
    band: Band


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The days, and the parts of a day, that the carrier offers now."""
    _, parcel = await seen(tx, actor, subject.id, subject.ref)
    told = await carried(tx, parcel.carrier, parcel.tracking_number)
    return slots.fields(slots.free(told.slots if told else (), tx.now))


async def draft(tx: Tx, actor: Actor, arguments: Redeliver) -> Draft:
    """When it would come; Refused as `opened` and slots.chosen."""
    opening = await opened(tx, actor, arguments)
    slot = slots.chosen(slots.free(opening.carried.slots, tx.now), arguments.day, arguments.band)
    return opening.draft("delivery.redeliver.title", _facts(opening, slot), {"day": slot.day, "band": slot.band})


async def carry(carrier: CarrierPort, wish: Wish) -> Operation:
    """Ask the carrier, under the request's key."""
    plan = plan_of(wish, SlotPlan)
    return await carrier.redeliver(str(wish.id), plan.number, plan.day, plan.band)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether another time can be asked for."""
    return await why_not(opened(tx, actor, ParcelOf(subject.id, subject.ref)))


async def opened(tx: Tx, actor: Actor, of: ParcelOf) -> Opening:
    """The parcel, when there is a time to choose; Refused as `open_for`, and carrier_too_late."""
    opening = await open_for(tx, actor, of, Ability.REDELIVER)
    if not slots.free(opening.carried.slots, tx.now):
        raise too_late()
    return opening


def _facts(opening: Opening, slot: Slot) -> Iterator[Fact]:
    yield Fact(Said("delivery.fact.slot"), slot_words(slot.day, slot.band))
    if before := opening.tracked.agreed.slot:
        yield Fact(Said("delivery.fact.slot.before"), slot_words(before.day, before.band))

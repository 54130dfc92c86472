"""How a parcel is handed over: left at the door or in the box, given in person, or picked up at a point."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.carried import instruction_words, slot_words
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, why_not
from madoguchi.core.actions.rules import Draft, Fact, Refusal, Said, Wish
from madoguchi.core.carriers.port import Ability, CarrierPort, Handing, Instruction
from madoguchi.core.shop.port import Operation
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.delivery.opening import Opening, ParcelOf, carried, open_for, seen, too_late
from madoguchi.service.delivery.settling import Arrangement, plan_of


class Instruct(ParcelOf, frozen=True, forbid_unknown_fields=True):
    """Which parcel, and how it is handed over (Instruction.value)."""

    handing: str


class InstructPlan(Arrangement, frozen=True, kw_only=True):
    """How it is handed over; `point` is where it is picked up, "" otherwise."""

    handing: Handing
    point: str = ""


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The ways that the carrier offers now; nothing to fill in where there are none."""
    _, parcel = await seen(tx, actor, subject.id, subject.ref)
    told = await carried(tx, parcel.carrier, parcel.tracking_number)
    options = tuple(
        FieldOption(value=one.value, label=instruction_words(one), note=one.point.place if one.point else "")
        for one in free(told.instructions if told else (), tx.now)
    )
    field = Field(name="handing", kind=FieldKind.CHOICE, options=options, unknown="instruction_unavailable")
    return (field,) if options else ()


async def draft(tx: Tx, actor: Actor, arguments: Instruct) -> Draft:
    """How it would be handed over; Refused("instruction_unavailable") for a way that the carrier does not offer."""
    opening = await opened(tx, actor, arguments)
    chosen = next((one for one in free(opening.carried.instructions, tx.now) if one.value == arguments.handing), None)
    if chosen is None:
        raise Refused("instruction_unavailable", 409, field="handing")
    plan = {"handing": chosen.handing, "point": chosen.point.ref if chosen.point else ""}
    return opening.draft("delivery.instruct.title", _facts(opening, chosen), plan)


async def carry(carrier: CarrierPort, wish: Wish) -> Operation:
    """Ask the carrier, under the request's key."""
    plan = plan_of(wish, InstructPlan)
    return await carrier.instruct(str(wish.id), plan.number, plan.handing, plan.point)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether another way can be asked for."""
    return await why_not(opened(tx, actor, ParcelOf(subject.id, subject.ref)))


async def opened(tx: Tx, actor: Actor, of: ParcelOf) -> Opening:
    """The parcel, when there is a way to choose; Refused as `open_for`, and carrier_too_late."""
    opening = await open_for(tx, actor, of, Ability.INSTRUCT)
    if not free(opening.carried.instructions, tx.now):
        raise too_late()
    return opening


def free(instructions: Sequence[Instruction], now: datetime) -> list[Instruction]:
    """Those that can still be asked for."""
    return [one for one in instructions if one.ask_by > now]


def _facts(opening: Opening, chosen: Instruction) -> Iterator[Fact]:
    yield Fact(Said("delivery.fact.instruction"), instruction_words(chosen))
    if chosen.point:
        yield Fact(Said("delivery.fact.point"), chosen.point.place)
    elif slot := opening.tracked.agreed.slot:
        yield Fact(Said("delivery.fact.slot"), slot_words(slot.day, slot.band))

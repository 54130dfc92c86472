"""What can be arranged about a parcel, told at once: when it can come, how it is handed over, whether it can go on."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date
from itertools import groupby

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.carried import agreed_facts, instruction_words
from madoguchi.core.actions.fields import Subject, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.carriers.port import Band
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.delivery import instruction, redelivery, redirection, slots
from madoguchi.service.delivery.opening import ParcelOf, carried, seen


async def show(tx: Tx, actor: Actor, arguments: ParcelOf) -> TextCard:
    """What was agreed, and what can be asked for now; Refused as the first of it is where nothing can."""
    lines: list[Said] = []
    refusals: list[Refused] = []
    ways: list[str] = []
    for name, told in _TOLD.items():
        try:
            lines += await told(tx, actor, arguments)
            ways.append(name)
        except Refused as refused:
            refusals.append(refused)
    if not lines:
        raise refusals[0]
    return TextCard(lines=(*await _agreed(tx, actor, arguments), *lines), ways=tuple(ways))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether anything can be arranged."""
    return await why_not(show(tx, actor, ParcelOf(subject.id, subject.ref)))


async def _agreed(tx: Tx, actor: Actor, of: ParcelOf) -> list[Said]:
    _, parcel = await seen(tx, actor, of.order_id, of.parcel_ref)
    told = await carried(tx, parcel.carrier, parcel.tracking_number)
    facts = agreed_facts(told.tracked.agreed) if told else ()
    return [said("delivery.options.agreed", what=fact.words) for fact in facts]


async def _times(tx: Tx, actor: Actor, of: ParcelOf) -> Sequence[Said]:
    opening = await redelivery.opened(tx, actor, of)
    free = slots.free(opening.carried.slots, tx.now)
    bands = {day: [slot.band for slot in free if slot.day == day] for day in sorted({slot.day for slot in free})}
    return [_days([*days], offered) for offered, days in groupby(bands, key=lambda day: bands[day])]


def _days(days: Sequence[date], bands: Collection[Band]) -> Said:
    """Days one after the other on which the same is offered."""
    named = [Said(f"delivery.band.{band}") for band in Band if band in bands]
    if len(days) == 1:
        return said("delivery.options.day", day=days[0], bands=named)
    return said("delivery.options.days", first=days[0], last=days[-1], bands=named)


async def _handings(tx: Tx, actor: Actor, of: ParcelOf) -> Sequence[Said]:
    opening = await instruction.opened(tx, actor, of)
    ways = [instruction_words(one) for one in instruction.free(opening.carried.instructions, tx.now)]
    return [said("delivery.options.handing", ways=ways)]


async def _elsewhere(tx: Tx, actor: Actor, of: ParcelOf) -> Sequence[Said]:
    opening, _ = await redirection.opened(tx, actor, of)
    return [said("delivery.options.redirect", until=opening.tracked.redirect_by)]


_TOLD: Mapping[str, Callable[[Tx, Actor, ParcelOf], Awaitable[Sequence[Said]]]] = {
    "delivery.redeliver": _times,
    "delivery.instruct": _handings,
    "delivery.redirect": _elsewhere,
}

"""Having what is sent back collected at the door, at a day and time that the carrier offers."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.addresses import written
from madoguchi.core.actions.carried import slot_words
from madoguchi.core.actions.fields import About, Field, Subject, Thing, Unrelated, why_not
from madoguchi.core.actions.rules import Draft, Fact, Following, Refusal, Said, Wish, said
from madoguchi.core.carriers.consignments.queries import Consigned, access_consignment, consignments_of
from madoguchi.core.carriers.port import Ability, Band, CarrierPort, Slot
from madoguchi.core.gifts.queries import gift_of_order
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.people.queries import store
from madoguchi.core.shop.port import Operation, TrackingState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.delivery import slots
from madoguchi.service.delivery.opening import PERSON, Opening, able, carried, check_nothing_open, too_late
from madoguchi.service.delivery.settling import SlotPlan, plan_of


class PickUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent back (the return that it belongs to), and when it is collected."""

    return_id: UUID
    day: date
    band: Band


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The days until the last one of the label, and the parts of a day, that the carrier offers now."""
    of = await access_consignment(tx, actor, subject.id)
    if of is None:
        raise invisible()
    told = await carried(tx, of.carrier, of.number) if of.carrier and of.number else None
    return slots.fields(slots.free(told.pickups if told else (), tx.now), await _last_day(tx, of))


async def draft(tx: Tx, actor: Actor, arguments: PickUp) -> Draft:
    """When it would be collected, and where; Refused as `opened` and slots.chosen."""
    of, opening = await opened(tx, actor, arguments.return_id)
    slot = slots.chosen(opening.carried.pickups, arguments.day, arguments.band)
    plan = {"day": slot.day, "band": slot.band}
    comes = said("delivery.goes_on.pickup", time=slot_words(slot.day, slot.band), number=of.document.reference)
    here = f"/returns/{of.id}"
    then = Following(steps=(comes,), paths={"return": here, "return_slip": f"{here}/slip"})
    return opening.draft("delivery.pickup.title", _facts(of, opening, slot), plan, then=then)


async def carry(carrier: CarrierPort, wish: Wish) -> Operation:
    """Ask the carrier, under the request's key."""
    plan = plan_of(wish, SlotPlan)
    return await carrier.book_pickup(str(wish.id), plan.number, plan.day, plan.band)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether it can be collected."""
    return await why_not(opened(tx, actor, subject.id))


async def things(tx: Tx, actor: Actor, customer_id: UUID) -> Sequence[Thing]:
    """What a customer sends back, newest first."""
    return [
        Thing(
            Subject(About.RETURN, one.id, str(one.id)),
            f"{one.document.reference} {one.carrier} {one.number}",
            None if await _gift(tx, one) else one.order_id,
        )
        for one in await consignments_of(tx, actor, customer_id)
        if one.number and one.withdrawn_at is None
    ]


async def opened(tx: Tx, actor: Actor, return_id: UUID) -> tuple[Consigned, Opening]:
    """What is sent back, when its carrier can collect it, of whose times those are left that are in time.

    Refused: return_uncarried where no carrier was told, return_ended, pickup_on_its_way, pickup_soon until a carrier
    has taken the announcement, carrier_cannot, carrier_too_late, pickup_until where none is in time, and subject_open
    while something is being arranged.
    """
    of = await access_consignment(tx, actor, return_id)
    if of is None or of.refused:
        raise Unrelated("return_uncarried", 409, alternatives=PERSON)
    if of.withdrawn_at:
        raise Unrelated("return_ended", 409)
    if of.carrier is None or of.number is None:
        raise Refused("pickup_soon", 409)
    told = await carried(tx, of.carrier, of.number)
    if told and told.tracked.state is not TrackingState.PENDING:
        raise Unrelated("pickup_on_its_way", 409)
    able_to, last, gift = able(told, Ability.PICK_UP), await _last_day(tx, of), await _gift(tx, of)
    offered = slots.free(able_to.pickups, tx.now)
    in_time = slots.until(offered, last)
    opening = Opening(
        order=await _order(tx, actor, of, gift),
        carrier=of.carrier,
        number=of.number,
        carried=msgspec.structs.replace(able_to, pickups=tuple(in_time)),
        subject=f"parcel:{of.id}",
        gift=gift,
    )
    await check_nothing_open(tx, opening)
    if not in_time:
        raise slots.after(last) if offered and last else too_late()
    return of, opening


async def _last_day(tx: Tx, of: Consigned) -> date | None:
    """The last day on which it may be handed over, where the shop is."""
    if of.send_by is None:
        return None
    async with tx.acting(SYSTEM):
        shop = await store(tx, (await access_order(tx, SYSTEM, of.order_id)).store_id)
    return of.send_by.astimezone(ZoneInfo(shop.time_zone)).date()


async def _gift(tx: Tx, of: Consigned) -> Gift | None:
    """The gift that comes back, where its sender got it as a present."""
    async with tx.acting(SYSTEM):
        gift = await gift_of_order(tx, of.order_id)
    return gift if gift and gift.customer_id == of.customer_id else None


async def _order(tx: Tx, actor: Actor, of: Consigned, gift: Gift | None) -> Order:
    if gift is None:
        return await access_order(tx, actor, of.order_id)
    async with tx.acting(SYSTEM):
        return await access_order(tx, SYSTEM, of.order_id)


def _facts(of: Consigned, opening: Opening, slot: Slot) -> Iterator[Fact]:
    yield Fact(Said("delivery.fact.pickup"), slot_words(slot.day, slot.band))
    if before := opening.tracked.agreed.slot:
        yield Fact(Said("delivery.fact.slot.before"), slot_words(before.day, before.band))
    yield Fact(Said("delivery.fact.pickup.at"), written(of.address))
    yield Fact(Said("delivery.fact.return"), of.document.reference)

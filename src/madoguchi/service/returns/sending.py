"""What carriers carry for returns: what customers send, and what goes back to them since nothing is given for it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import Parcel, Step
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.consignments.queries import Consigned, access_consignment
from madoguchi.core.carriers.consignments.verbs import consign, withdraw
from madoguchi.core.carriers.port import Consignment, Dispatch
from madoguchi.core.people.queries import store
from madoguchi.core.policy.pack import Method
from madoguchi.core.shop.port import Address, TrackingState
from madoguchi.core.shop.queries import access_order, customer_facts
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Reception
from madoguchi.service.returns.units import verbs as unit_rows
from madoguchi.service.returns.units.rules import Unit, goes_back


class SentBack(msgspec.Struct, frozen=True):
    """Goods that go back to the customer, by name, or what came in their place; the parcel once a carrier takes it.

    `held`: it stays in the warehouse for now, since somebody looks at it once more.
    """

    goods: tuple[str, ...]
    instead: bool
    parcel: Parcel | None
    held: bool = False


async def announce(tx: Tx, return_id: UUID) -> None:
    """Have the parcel of a return announced, unless it comes as the customer likes, or not at all."""
    of = await queries.access_return(tx, SYSTEM, return_id)
    if of.method in {None, Method.OWN}:
        return
    sender = await _sender(tx, of)
    if sender is None:
        return
    consignment = Consignment(
        reference=of.number or "",
        sender=sender,
        receiver=(await store(tx, of.store_id)).name,
        prepaid=False,
    )
    await consign(tx, of.id, consignment, customer_id=of.customer_id, order_id=of.order_id, send_by=of.send_until)


async def send_back(tx: Tx, of: Return, units: Sequence[Unit]) -> bool:
    """Have a carrier fetch, in one parcel, what is the customer's again and lies in the warehouse. Each unit once.

    False where it stays, since nobody knows where the customer lives.
    """
    going = [unit for unit in units if goes_back(unit)]
    if not going or of.is_objected_to:
        return True
    receiver = await _receiver(tx, of)
    if receiver is None:
        return False
    parcel = Dispatch(reference=of.number or "", sender=(await store(tx, of.store_id)).name, receiver=receiver)
    consignment_id = ids.uuid7()
    await consign(tx, consignment_id, parcel, customer_id=of.customer_id, order_id=of.order_id)
    await unit_rows.send_back(tx, going, consignment_id)
    return True


async def hold(tx: Tx, units: Sequence[Unit]) -> None:
    """Keep here what was to go back to the customer, and is here still; together with other things it goes."""
    for consignment_id in _consignments(units):
        inside = await queries.units_in(tx, consignment_id)
        of = await access_consignment(tx, SYSTEM, consignment_id)
        alone = all(unit.reception is Reception.RECEIVED for unit in inside)
        if of and alone and not await _has_left(tx, of):
            await withdraw(tx, consignment_id)


async def take_back(tx: Tx, units: Sequence[Unit]) -> None:
    """What was held is here again, and may be sent back anew.

    Refused("return_being_stopped") while the carrier has not said whether it leaves it here.
    """
    for consignment_id in _consignments(units):
        of = await access_consignment(tx, SYSTEM, consignment_id)
        if of and of.is_stopped:
            raise Refused("return_being_stopped", 409)
        if of and of.stays:
            await unit_rows.stay(tx, await queries.units_in(tx, consignment_id))


async def gone(tx: Tx, units: Sequence[Unit]) -> list[Unit]:
    """Those of these units that are on their way to the customer again, or with them."""
    left: list[Unit] = []
    for consignment_id in _consignments(units):
        of = await access_consignment(tx, SYSTEM, consignment_id)
        if of and not (of.stays or of.is_stopped):
            left += [
                unit for unit in units if unit.sent_back == consignment_id and unit.reception is Reception.RECEIVED
            ]
    return left


def _consignments(units: Sequence[Unit]) -> list[UUID]:
    return list(dict.fromkeys(unit.sent_back for unit in units if unit.sent_back))


async def _has_left(tx: Tx, of: Consigned) -> bool:
    """Whether a carrier has it in hand."""
    parcel = await _parcel(tx, of)
    return parcel is not None and parcel.state not in {TrackingState.PENDING, TrackingState.INFO_RECEIVED}


def lacks_address(of: Return, units: Sequence[Unit]) -> bool:
    """Whether goods lie in the warehouse until somebody tells where they go back to."""
    return of.address_asked_at is not None and of.back_to is None and any(map(goes_back, units))


async def sent_back(tx: Tx, actor: Actor, units: Sequence[Unit]) -> Sequence[SentBack]:
    """What of these units, which the actor was found to see, goes back to the customer, parcel by parcel."""
    found = []
    for consignment_id in _consignments(units):
        inside = [unit for unit in units if unit.sent_back == consignment_id]
        goods = tuple(unit.name for unit in inside if unit.reception is Reception.RECEIVED)
        of = await access_consignment(tx, actor, consignment_id)
        instead = any(unit.reception is Reception.WRONG_ITEM for unit in inside)
        held = of is not None and (of.stays or of.is_stopped)
        found.append(SentBack(goods, instead, await _parcel(tx, of) if of and not held else None, held))
    return found


async def _parcel(tx: Tx, of: Consigned) -> Parcel | None:
    """The parcel as its carrier told it last."""
    if of.carrier is None or of.number is None:
        return None
    known = await carriers.parcel(tx, of.carrier, of.number)
    tracked = known.document.tracked if known else None
    return Parcel(
        ref="",
        carrier=of.carrier,
        number=of.number,
        state=tracked.state if tracked else TrackingState.PENDING,
        steps=tuple(Step(step.state, step.at, step.place) for step in tracked.events) if tracked else (),
        lines={},
    )


async def _sender(tx: Tx, of: Return) -> Address | None:
    """From where it is sent: where the order went to, or where whoever got it as a present lives, as far as we know."""
    if of.gift_id:
        return (await customer_facts(tx, SYSTEM, of.customer_id)).address
    return await _delivered_to(tx, of)


async def _receiver(tx: Tx, of: Return) -> Address | None:
    """To where it goes back: as was told; a present never to where whoever gave it lives."""
    if of.back_to:
        return of.back_to
    known, delivered = await _sender(tx, of), await _delivered_to(tx, of)
    if known or not of.gift_id:
        return known or delivered
    giver = (await access_order(tx, SYSTEM, of.order_id)).customer_id
    return None if delivered == (await customer_facts(tx, SYSTEM, giver)).address else delivered


async def _delivered_to(tx: Tx, of: Return) -> Address:
    return (await access_order(tx, SYSTEM, of.order_id)).document.address

"""The new goods of an exchange: held until those that come back are as they should be, then let go, or given up.

Each unit stands by itself where the store can let it, else all of them stand together.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.port import OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import NOT_COMING, Booked, Wish
from madoguchi.service.returns.units.rules import Unit, booking, counted, still_wanted


class Next(StrEnum):
    """What becomes of the new goods for a unit now."""

    WAIT = "wait"
    GO = "go"
    LAPSE = "lapse"  # it does not come back as it should: then its price is given back, if anything


class Outgoing(msgspec.Struct, frozen=True):
    """The order with the new goods."""

    order_id: UUID
    order: StoreOrder

    @property
    def waits(self) -> bool:
        """Whether it is held, and still wanted."""
        return self.order.held and self.order.state is not OrderState.CANCELLED

    @property
    def given_up(self) -> bool:
        """Whether it was cancelled before it could go; what went, and was cancelled then, paid back its own price."""
        return self.order.held and self.order.state is OrderState.CANCELLED

    @property
    def called_off(self) -> Mapping[str, int]:
        """For how many units of which lines that come back the new goods were called off, one by one."""
        lines = [(line.exchange.line_ref, line.cancelled - line.parted) for line in self.order.lines if line.exchange]
        return dict(lines)

    def lines_for(self, units: Sequence[Unit]) -> dict[str, int]:
        """The new goods for these units: how many units of which lines go out."""
        refs = {line.exchange.line_ref: line.ref for line in self.order.lines if line.exchange}
        return {refs[ref]: n for ref, n in counted(units).items()}


async def outgoing(tx: Tx, of: Return) -> Outgoing | None:
    """The new goods of an exchange; None where the store sees to them by itself."""
    order_id = await order_id_of(tx, of.store_id, of.out_ref) if of.out_ref else None
    if of.wish is not Wish.EXCHANGE or order_id is None:
        return None
    return Outgoing(order_id, (await access_order(tx, SYSTEM, order_id)).document)


def fates(of: Return, out: Outgoing, units: Sequence[Unit]) -> Mapping[UUID, Next]:
    """What becomes of the new goods for each unit for which they are still set aside."""
    each = {unit.id: _next(of, unit) for unit in units if still_wanted(unit)}
    if out.order.by_parts or len(set(each.values())) == 1:
        return each
    return dict.fromkeys(each, Next.LAPSE if Next.LAPSE in each.values() else Next.WAIT)


def _next(of: Return, unit: Unit) -> Next:
    to = booking(of.refund_on, unit)
    if unit.reception in NOT_COMING or to is Booked.FREE or (to and unit.given < unit.promised):
        return Next.LAPSE
    return Next.GO if to else Next.WAIT


async def lapsing(tx: Tx, return_id: UUID) -> Mapping[str, Any] | None:
    """What of the new goods is not to go out any more, as `order.cancel` takes it; None: nothing.

    Units whose new goods were called off meanwhile, by whomever, are for their price from now on.
    """
    of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    out = await outgoing(tx, of)
    if out is None:
        return None
    units = await queries.units_of(tx, return_id, lock=True)
    if gone := without_goods(of, out, units):
        await verbs.call_off(tx, return_id, gone)
        units = await queries.units_of(tx, return_id)
    found = fates(of, out, units)
    lapsed = [unit for unit in units if found.get(unit.id) is Next.LAPSE]
    if not lapsed or not out.waits:
        return None
    whole = {"order_id": str(out.order_id)}
    return whole if len(lapsed) == len(found) else whole | {"lines": out.lines_for(lapsed)}


def without_goods(of: Return, out: Outgoing, units: Sequence[Unit]) -> list[Unit]:
    """Units whose new goods were called off and that do not know it yet; of a line's the first that lapse, or wait."""
    found = fates(of, out, units)
    waiting = sorted((unit for unit in units if unit.id in found), key=lambda unit: _LAST.index(found[unit.id]))
    if not out.order.by_parts:
        return waiting if out.given_up else []
    known = counted([unit for unit in units if unit.called_off])
    gone = []
    for ref, n in out.called_off.items():
        gone += [unit for unit in waiting if unit.line_ref == ref][: n - known.get(ref, 0)]
    return gone


_LAST = (Next.LAPSE, Next.WAIT, Next.GO)

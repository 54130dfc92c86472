"""The new goods of an exchange: held until those that come back are as they should be, then let go, or given up."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.port import OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Booked, Unit, Wish, booking, calls_off


class Next(StrEnum):
    """What becomes of the new goods now."""

    WAIT = "wait"
    GO = "go"
    LAPSE = "lapse"  # not everything comes back as it should: then the price is given back for what does


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


async def outgoing(tx: Tx, of: Return) -> Outgoing | None:
    """The new goods of an exchange; None where the store sees to them by itself."""
    order_id = await order_id_of(tx, of.store_id, of.out_ref) if of.out_ref else None
    if of.wish is not Wish.EXCHANGE or order_id is None:
        return None
    return Outgoing(order_id, (await access_order(tx, SYSTEM, order_id)).document)


def next_of(of: Return, units: Sequence[Unit]) -> Next:
    """What the units say; an exchange is for all of them together."""
    booked = [booking(of.refund_on, unit) for unit in units]
    worse = any(to and unit.given < unit.promised for to, unit in zip(booked, units, strict=True))
    if calls_off(of.wish, units) or worse or Booked.FREE in booked:
        return Next.LAPSE
    return Next.GO if all(booked) else Next.WAIT


async def lapsing(tx: Tx, return_id: UUID) -> UUID | None:
    """The order with new goods that are not to go out any more; once it is cancelled the return is for its price."""
    of = await queries.access_return(tx, SYSTEM, return_id, lock=True)
    out = await outgoing(tx, of)
    if out and out.given_up:
        await verbs.lapse(tx, return_id)
    if out is None or not out.waits:
        return None
    return out.order_id if next_of(of, await queries.units_of(tx, return_id)) is Next.LAPSE else None

"""Reading what was issued. Nobody but the customer who ordered sees a receipt: of a present it would tell the price."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.receipts.rules import Receipt


class Issued(msgspec.Struct, frozen=True):
    """An issue of an order's receipt."""

    id: UUID
    number: str
    order_id: UUID
    issue: int
    document: dict[str, Any]
    issued_at: datetime

    @property
    def receipt(self) -> Receipt:
        """What it says."""
        return msgspec.convert(self.document, Receipt)


_ISSUED = "id, number, order_id, issue, document, issued_at"


async def own_order(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Order:
    """An order that the actor placed; else invisible."""
    order = await access_order(tx, actor, order_id, lock=lock)
    if actor.id != order.customer_id:
        raise invisible()
    return order


async def access_receipt(tx: Tx, actor: Actor, receipt_id: UUID) -> Issued:
    """A receipt of an order that the actor placed; else invisible."""
    found = await tx.maybe(Issued, f"select {_ISSUED} from receipts where id = %s", [receipt_id])
    if found is None:
        raise invisible()
    await own_order(tx, actor, found.order_id)
    return found


async def receipts_of(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Issued]:
    """What was issued for an order that the actor placed, oldest first."""
    await own_order(tx, actor, order_id)
    return await tx.all(Issued, f"select {_ISSUED} from receipts where order_id = %s order by issue", [order_id])

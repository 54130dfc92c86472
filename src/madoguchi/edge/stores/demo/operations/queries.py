"""Reading what was asked for."""

from collections.abc import Sequence
from typing import Any, LiteralString

import msgspec

from madoguchi.core.shop.port import Failure, OperationState
from madoguchi.edge.stores.demo.operations import asked
from madoguchi.edge.stores.demo.operations.asked import Asked, CreateExchange, CreateReturn
from madoguchi.kit.db import Tx


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A write as it was asked for and answered; `subject` is the number of what it was about, money in minor units."""

    key: str
    subject: str
    arguments: dict[str, Any]
    state: OperationState
    code: Failure | None = None
    refunds: dict[str, int] = {}
    charges: dict[str, int] = {}
    created: str | None = None

    @property
    def asked(self) -> Asked:
        """The write."""
        return asked.from_record(self.arguments)


_OPERATION: LiteralString = (
    "select key, subject, arguments, state, code, refunds, charges, created from operations where shop_id = %s"
)


async def operation(tx: Tx, shop_id: str, key: str) -> OperationRow | None:
    """A write by its key."""
    return await tx.maybe(OperationRow, _OPERATION + " and key = %s", [shop_id, key])


async def coming_back(tx: Tx, shop_id: str) -> dict[str, CreateReturn | CreateExchange]:
    """What was announced to come back, by order; the last of each."""
    rows = await tx.all(
        OperationRow,
        _OPERATION + " and kind in ('create_return', 'create_exchange') and state = 'succeeded' order by made_at, key",
        [shop_id],
    )
    wishes = ((row.subject, row.asked) for row in rows)
    return {ref: wish for ref, wish in wishes if isinstance(wish, CreateReturn | CreateExchange)}


async def undecided(tx: Tx, shop_id: str, order_refs: Sequence[str]) -> list[OperationRow]:
    """What the warehouse was asked about these orders and has not decided, in the order in which it was asked."""
    return await tx.all(
        OperationRow,
        _OPERATION + " and subject = any(%s) and state = 'pending' order by made_at, key",
        [shop_id, list(order_refs)],
    )

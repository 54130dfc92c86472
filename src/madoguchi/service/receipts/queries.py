"""Reading what was issued, for whoever may see the order. Who got it as a present may not: it tells the price."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import DocumentCard, Said
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.receipts.rules import Document, Kind


class Issued(msgspec.Struct, frozen=True):
    """An issue of an order's receipt or credit note; `issue` counts those of its kind."""

    id: UUID
    number: str
    order_id: UUID
    kind: Kind
    issue: int
    document: dict[str, Any]
    issued_at: datetime

    @property
    def said(self) -> Document:
        """What it says."""
        return msgspec.convert(self.document, Document)

    @property
    def card(self) -> DocumentCard:
        """How an action answers with it."""
        said, title = self.said, Said(f"receipts.title.{self.kind}")
        return DocumentCard(id=self.id, number=self.number, title=title, addressee=said.addressee, lang=said.lang)


_ISSUED = "id, number, order_id, kind, issue, document, issued_at"


async def access_receipt(tx: Tx, actor: Actor, receipt_id: UUID) -> Issued:
    """A document of an order that the actor may see; else invisible."""
    found = await tx.maybe(Issued, f"select {_ISSUED} from receipts where id = %s", [receipt_id])
    if found is None:
        raise invisible()
    await access_order(tx, actor, found.order_id)
    return found


async def receipts_of(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Issued]:
    """What was issued for an order that the actor may see, oldest first."""
    await access_order(tx, actor, order_id)
    return await tx.all(
        Issued, f"select {_ISSUED} from receipts where order_id = %s order by issued_at, id", [order_id]
    )


async def receipts_of_customer(tx: Tx, customer_id: UUID, limit: int = 10) -> Sequence[Issued]:
    """What was issued for a customer's orders, newest first."""
    return await tx.all(
        Issued,
        f"""select {_ISSUED} from receipts
            where order_id in (select o.id from orders o where o.customer_id = %s)
            order by issued_at desc, id desc limit %s""",
        [customer_id, limit],
    )

"""Issuing receipts."""

from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.queries import rules_of
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.kit.security import clean_text
from madoguchi.service.receipts.queries import Issued, access_receipt, own_order, receipts_of
from madoguchi.service.receipts.rules import receipt

LIMIT = 100  # characters of the addressee, and of the note


async def issue(tx: Tx, actor: Actor, order_id: UUID, receipt_id: UUID, addressee: str, note: str) -> Issued:
    """Issue a receipt of the actor's own order; with the same id a second time it is the same receipt.

    Refused: receipt_addressee, field_too_long, receipt_unpaid, invisible for an order of somebody else.
    """
    order = await own_order(tx, actor, order_id, lock=True)
    before = await receipts_of(tx, actor, order_id)
    if not any(one.id == receipt_id for one in before):
        written = " ".join(clean_text(addressee).split()), " ".join(clean_text(note).split())
        if not written[0]:
            raise Refused("receipt_addressee")
        if max(map(len, written)) > LIMIT:
            raise Refused("field_too_long", limit=LIMIT)
        tenders = (await ledger.tenders(tx, order_id)).values()
        currency = order.document.currency
        received = total([Money(tender.captured, currency) for tender in tenders], currency)
        if not received:
            raise Refused("receipt_unpaid", 409)
        document = receipt(
            (await rules_of(tx, order.store_id)).receipts,
            order.document,
            received,
            total([Money(tender.refunded, currency) for tender in tenders], currency),
            await ledger.lines(tx, order_id),
            addressee=written[0],
            note=written[1],
            again=bool(before),
        )
        await tx.execute(
            """insert into receipts (id, number, order_id, issue, document, issued_at)
               values (%s, %s, %s, %s, %s, %s) on conflict (id) do nothing""",
            [receipt_id, ids.number("I"), order_id, len(before) + 1, Jsonb(msgspec.to_builtins(document)), tx.now],
        )
    return await access_receipt(tx, actor, receipt_id)

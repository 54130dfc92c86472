"""Issuing receipts and credit notes."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.queries import given_back, passed_on
from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.people.queries import store
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.queries import Issued, access_receipt, receipts_of
from madoguchi.service.receipts.rules import ONE_ISSUE, Document, Kind, Paid, Returned, Sale, by_rate, is_paid, rows


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: made out to whom, and for what (empty: the shop's own words)."""

    kind: Kind
    addressee: str
    note: str = ""


async def issue(tx: Tx, actor: Actor, order_id: UUID, wanted: Wanted) -> Issued:
    """Issue a document of an order; asked for in the same words within a minute it is the same issue.

    Refused: receipt_unpaid, receipt_nothing_returned, invisible for an order that the actor may not see.
    """
    order = await access_order(tx, actor, order_id, lock=True)
    before = [one for one in await receipts_of(tx, actor, order_id) if one.kind is wanted.kind]
    if not is_paid(order.document):
        raise Refused("receipt_unpaid", 409)
    sale = await _sale_of(tx, order)
    if wanted.kind is Kind.CREDIT_NOTE and not sale.returned:
        raise Refused("receipt_nothing_returned", 409)
    document = await _document(tx, order, sale, wanted, before)
    if before and _is_same(before[-1], document, tx):
        return before[-1]
    receipt_id = ids.uuid7()
    await tx.execute(
        """insert into receipts (id, number, order_id, kind, issue, document, issued_at)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        [
            receipt_id,
            ids.number("I"),
            order_id,
            wanted.kind,
            len(before) + 1,
            Jsonb(msgspec.to_builtins(document)),
            tx.now,
        ],
    )
    return await access_receipt(tx, actor, receipt_id)


async def _sale_of(tx: Tx, order: Order) -> Sale:
    money = await ledger.tenders(tx, order.id)
    currency = order.document.currency
    paid = [
        Paid(tender.label, Money(money[tender.ref].captured, currency))
        for tender in order.document.tenders
        if money[tender.ref].captured
    ]
    returns = tuple(Returned(part.at, Money(part.amount, currency)) for part in await given_back(tx, order.id))
    units = await _units_of(tx, order)
    return Sale(order=order.document, units=units, paid=tuple(paid), returns=returns)


async def _units_of(tx: Tx, order: Order) -> Mapping[str, LineUnits]:
    """The units by line; for those that whoever got them as a present sent back, nothing was given back here."""
    held = await ledger.lines(tx, order.id)
    if order.document.gift_code is None:
        return held
    async with tx.acting(SYSTEM):
        others = (await passed_on(tx, order.id)).units
    return {
        ref: msgspec.structs.replace(line, refunded=max(line.refunded - others.get(ref, 0), 0))
        for ref, line in held.items()
    }


async def _document(tx: Tx, order: Order, sale: Sale, wanted: Wanted, before: Sequence[Issued]) -> Document:
    rules, shop = (await rules_of(tx, order.store_id)).receipts, await store(tx, order.store_id)
    items = rows(wanted.kind, sale, rules.tax_rates)
    return Document(
        kind=wanted.kind,
        lang=shop.locale,
        zone=shop.time_zone,
        issuer=rules.issuer,
        address=rules.address or "",
        registration=rules.registration,
        addressee=wanted.addressee,
        note=wanted.note or rules.note,
        order_ref=order.store_ref,
        ordered_at=order.placed_at,
        items=items,
        total=total([item.amount for item in items], order.document.currency),
        standard=max(rules.tax_rates),
        rates=by_rate(items),
        paid=sale.paid,
        returns=sale.returns,
        replaces=before[-1].number if before and rules.reissue_marked else None,
    )


def _is_same(last: Issued, document: Document, tx: Tx) -> bool:
    said = last.said
    same_words = msgspec.structs.replace(document, replaces=said.replaces) == said
    return same_words and tx.now - last.issued_at < ONE_ISSUE

"""Issuing: each issue is kept and counted, tells the ledger's money, and is seen by whoever may see the order."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import DocumentCard
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.pack import ReceiptRules, shipped
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import clock, ids
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import total
from madoguchi.service.receipts.actions import ACTIONS, LIMIT
from madoguchi.service.receipts.queries import Issued, access_receipt, receipts_of, receipts_of_customer
from madoguchi.service.receipts.rules import Kind
from madoguchi.service.receipts.verbs import Wanted, issue
from tests.service.orders.conftest import demo as demo
from tests.service.orders.shop import Shop

CATALOGUE = Catalogue(ACTIONS)
RULES: ReceiptRules = shipped("marketplace-jp").receipts
PAID, UNPAID, OTHERS = "MD-10233915", "MD-10234571", "MD-10234608"
COFFEE = "MD-10233790"  # food, taxed at the reduced rate
MIXED = "MD-10234602"  # paid by gift balance, points and card; can be cancelled
ASSOCIATE = Actor(role=Role.ASSOCIATE, id=ids.uuid7(), name="田中")


async def issued(
    demo: Shop, actor: Actor, order_id: UUID, name: str = "佐藤", *, kind: Kind = Kind.RECEIPT, note: str = ""
) -> Issued:
    wanted = Wanted(kind=kind, addressee=name, note=note)
    return await demo.db.run(actor, lambda tx: issue(tx, actor, order_id, wanted))


async def asked(demo: Shop, actor: Actor, order_id: UUID, **more: object) -> DocumentCard:
    raw = {"order_id": str(order_id), **more}
    card = await demo.db.run(actor, lambda tx: actions.run(tx, CATALOGUE, actor, "order.receipt", raw))
    assert isinstance(card, DocumentCard)
    return card


async def cancelled(demo: Shop, actor: Actor, order_id: UUID) -> None:
    await demo.confirm(actor, await demo.quote(actor, order_id))
    await demo.work()
    await demo.refund()
    await demo.healthy()


@pytest.mark.parametrize("ref", [PAID, COFFEE])
async def test_it_says_what_was_received_by_rate(demo: Shop, ref: str) -> None:
    actor, order_id = await demo.actor(ref)
    order = (await demo.db.run(actor, lambda tx: access_order(tx, actor, order_id))).document
    said = (await issued(demo, actor, order_id, "株式会社 窓口")).said
    assert (said.addressee, said.note) == ("株式会社 窓口", RULES.note)
    assert (said.issuer, said.address, said.registration) == (RULES.issuer, RULES.address, RULES.registration)
    assert said.total == order.total == total([part.amount for part in said.paid], "JPY")
    assert total([part.amount for part in said.rates], "JPY") == order.total
    assert (8 in said.reduced) == (ref == COFFEE)
    assert said.replaces is None


async def test_what_came_back_has_a_document_of_its_own(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    with pytest.raises(Refused, match="receipt_nothing_returned"):
        await issued(demo, actor, order_id, kind=Kind.CREDIT_NOTE)
    await cancelled(demo, actor, order_id)
    receipt = await issued(demo, actor, order_id)
    note = await issued(demo, actor, order_id, kind=Kind.CREDIT_NOTE)
    money = (await demo.db.run(actor, lambda tx: ledger.tenders(tx, order_id))).values()
    refunded = sum(tender.refunded for tender in money)
    assert refunded > 0
    assert note.said.total.amount == note.said.returned.amount == refunded == receipt.said.returned.amount
    assert receipt.said.total.amount == sum(tender.captured for tender in money)
    assert (note.kind, note.issue, receipt.issue) == (Kind.CREDIT_NOTE, 1, 1)
    assert note.number != receipt.number


async def test_another_issue_is_counted_and_marked(demo: Shop, now: datetime) -> None:
    actor, order_id = await demo.actor(PAID)
    first = await issued(demo, actor, order_id)
    with clock.frozen(now + timedelta(minutes=2)):
        second = await issued(demo, actor, order_id)
    assert (first.issue, first.said.replaces) == (1, None)
    assert (second.issue, second.said.replaces) == (2, first.number)
    assert await demo.db.run(actor, lambda tx: receipts_of(tx, actor, order_id)) == [first, second]
    assert actor.id
    mine = actor.id
    assert await demo.db.run(actor, lambda tx: receipts_of_customer(tx, mine)) == [second, first]


async def test_a_double_click_issues_one(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    made = await asyncio.gather(*[issued(demo, actor, order_id) for _ in range(3)])
    assert len({one.id for one in made}) == 1
    other = await issued(demo, actor, order_id, "株式会社 窓口")
    assert other.said.replaces == made[0].number


async def test_only_who_may_see_the_order_sees_it(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    other, _ = await demo.actor(OTHERS)
    made = await issued(demo, actor, order_id)
    assert (await demo.db.run(ASSOCIATE, lambda tx: access_receipt(tx, ASSOCIATE, made.id))) == made
    with pytest.raises(Refused, match="not_found"):
        await demo.db.run(other, lambda tx: access_receipt(tx, other, made.id))
    with pytest.raises(Refused, match="not_found"):
        await demo.db.run(other, lambda tx: receipts_of(tx, other, order_id))
    with pytest.raises(Refused, match="not_found"):
        await issued(demo, other, order_id)
    assert await demo.db.run(actor, lambda tx: receipts_of(tx, actor, order_id)) == [made]


async def test_as_an_action_it_asks_to_whom(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    subject = Subject(About.ORDER, order_id)
    (offer,) = await demo.db.run(actor, lambda tx: actions.offers(tx, CATALOGUE, actor, subject))
    assert offer.refusal is None
    action = CATALOGUE.actions["order.receipt"]
    fields = await demo.db.run(actor, lambda tx: actions.fields(tx, actor, action, subject))
    assert [(field.name, field.asked) for field in fields] == [("addressee", True), ("note", False)]
    card = await asked(demo, actor, order_id, addressee=" 株式会社  窓口 ", note="書籍代")
    made = await demo.db.run(actor, lambda tx: access_receipt(tx, actor, card.id))
    assert (made.said.addressee, made.said.note) == ("株式会社 窓口", "書籍代")
    assert (card.number, card.title.key, card.lang) == (made.number, "receipts.title.receipt", "ja")


async def test_once_something_came_back_it_asks_for_which(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    await cancelled(demo, actor, order_id)
    with pytest.raises(Refused, match="field_missing"):
        await asked(demo, actor, order_id, addressee="佐藤")
    card = await asked(demo, actor, order_id, addressee="佐藤", document="credit_note")
    assert card.title.key == "receipts.title.credit_note"


@pytest.mark.parametrize(
    ("ref", "addressee", "code"),
    [
        (UNPAID, "佐藤", "receipt_unpaid"),
        (PAID, " 　", "field_missing"),
        (PAID, "あ" * (LIMIT + 1), "field_too_long"),
    ],
)
async def test_what_cannot_be_issued_says_why(demo: Shop, ref: str, addressee: str, code: str) -> None:
    actor, order_id = await demo.actor(ref)
    with pytest.raises(Refused, match=code):
        await asked(demo, actor, order_id, addressee=addressee)
    assert await demo.db.run(actor, lambda tx: receipts_of(tx, actor, order_id)) == []


async def test_what_was_not_paid_is_offered_with_the_reason(demo: Shop) -> None:
    actor, order_id = await demo.actor(UNPAID)
    (offer,) = await demo.db.run(actor, lambda tx: actions.offers(tx, CATALOGUE, actor, Subject(About.ORDER, order_id)))
    assert offer.refusal
    assert offer.refusal.code == "receipt_unpaid"

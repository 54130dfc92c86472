"""Receipts: what they say by tax rate, that each issue is kept and counted, and who sees them."""

import asyncio
from uuid import uuid4

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.policy.pack import ReceiptRules, shipped
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.queries import access_receipt, receipts_of
from madoguchi.service.receipts.rules import RatePart, by_rate, receipt
from madoguchi.service.receipts.verbs import LIMIT, issue
from tests.service.orders.conftest import demo as demo
from tests.service.orders.shop import Shop

RULES: ReceiptRules = shipped("marketplace-jp").receipts
PAID, UNPAID, OTHERS = "MD-10233915", "MD-10234571", "MD-10234608"
COFFEE = "MD-10233790"  # food, taxed at the reduced rate


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def test_tax_is_rounded_once_per_rate() -> None:
    parts = by_rate(yen(1_000), {8: 333, 10: 667})
    assert parts == (RatePart(8, yen(333), yen(24)), RatePart(10, yen(667), yen(60)))


@pytest.mark.parametrize("ref", [PAID, COFFEE])
async def test_it_says_what_was_received_by_rate(demo: Shop, ref: str) -> None:
    actor, order_id = await demo.actor(ref)
    order = (await demo.db.run(actor, lambda tx: access_order(tx, actor, order_id))).document
    made = await demo.db.run(actor, lambda tx: issue(tx, actor, order_id, uuid4(), " 株式会社  窓口 ", ""))
    said = made.receipt
    assert (said.addressee, said.note, said.registration) == ("株式会社 窓口", RULES.note, RULES.registration)
    assert said.total == order.total
    assert total([part.amount for part in said.rates], "JPY") == order.total
    assert {part.rate for part in said.rates} <= {8, 10}
    assert (8 in {part.rate for part in said.rates}) == (ref == COFFEE)
    assert not said.marked


async def test_what_was_given_back_stands_beside_it(demo: Shop) -> None:
    actor, order_id = await demo.actor(COFFEE)
    order = (await demo.db.run(actor, lambda tx: access_order(tx, actor, order_id))).document
    (line,) = order.lines
    half = Money(line.total.amount // 2, "JPY")
    kept = LineUnits(
        line_ref=line.ref, ordered=2, cancelling=0, cancelled=0, return_open=0, returned=0, kept=1, refunded=1
    )
    said = receipt(RULES, order, order.total, half, {line.ref: kept}, addressee="佐藤", note="", again=False)
    assert said.returned_rates == (RatePart(8, half, Money(half.amount * 8 // 108, "JPY")),)


async def test_another_issue_is_counted_and_marked(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    for _ in range(2):
        await demo.db.run(actor, lambda tx: issue(tx, actor, order_id, uuid4(), "佐藤", "お品代"))
    first, second = await demo.db.run(actor, lambda tx: receipts_of(tx, actor, order_id))
    assert (first.issue, first.receipt.marked, second.issue, second.receipt.marked) == (1, False, 2, True)
    assert first.number != second.number


async def test_a_double_click_issues_one(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    id = uuid4()
    made = [demo.db.run(actor, lambda tx: issue(tx, actor, order_id, id, "佐藤", "")) for _ in range(3)]
    assert len({one.number for one in await asyncio.gather(*made)}) == 1


async def test_only_who_ordered_sees_it(demo: Shop) -> None:
    actor, order_id = await demo.actor(PAID)
    other, others_order = await demo.actor(OTHERS)
    made = await demo.db.run(actor, lambda tx: issue(tx, actor, order_id, uuid4(), "佐藤", ""))
    for who in (other, SYSTEM):
        with pytest.raises(Refused) as refused:
            await demo.db.run(who, lambda tx, who=who: access_receipt(tx, who, made.id))  # type: ignore[misc]
        assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        await demo.db.run(other, lambda tx: issue(tx, other, order_id, uuid4(), "だれか", ""))
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        await demo.db.run(other, lambda tx: issue(tx, other, others_order, made.id, "だれか", ""))
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("ref", "addressee", "code"),
    [
        (UNPAID, "佐藤", "receipt_unpaid"),
        (PAID, " 　", "receipt_addressee"),
        (PAID, "あ" * (LIMIT + 1), "field_too_long"),
    ],
)
async def test_what_cannot_be_issued_says_why(demo: Shop, ref: str, addressee: str, code: str) -> None:
    actor, order_id = await demo.actor(ref)
    with pytest.raises(Refused, match=code):
        await demo.db.run(actor, lambda tx: issue(tx, actor, order_id, uuid4(), addressee, ""))

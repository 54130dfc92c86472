"""Cancelling an order of the demo shop: every stage, exactly once, whatever the store does with the answer."""

import asyncio
from datetime import datetime, timedelta

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM, Level
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop import queries as shop
from madoguchi.kit import clock, ids
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from madoguchi.kit.security import Signer
from tests.service.orders.changing import done, form
from tests.service.orders.shop import CATALOGUE, SIGNER, Shop

MIXED, PARTLY, LATE = "MD-10234602", "MD-10234480", "MD-10234567"


async def test_each_tender_gets_its_own_part_back(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    quote = await demo.quote(actor, order_id)
    slip = quote.draft.slip
    assert {str(m.kind): m.amount.amount for m in slip.money} == {"gift_balance": 3000, "points": 850, "card": 15650}
    assert slip.total == Money(19500, "JPY")
    request = await demo.confirm(actor, quote)
    assert request.state is RequestState.CONFIRMED
    await demo.work()
    done = await demo.settled(request)
    assert done.state is RequestState.DONE
    assert done.outcome
    assert done.outcome.slip
    assert done.outcome.slip.total == Money(19500, "JPY")
    order = await demo.store.get_order(MIXED)
    assert order
    assert order.state == "cancelled"
    await demo.healthy()


async def test_the_form_tells_what_the_units_that_are_left_cost(demo: Shop) -> None:
    before = next(one for one in (await form(demo, MIXED, "order.cancel"))["lines"].options if one.value == "3")
    assert before.amount
    assert (await done(demo, MIXED, "order.cancel", lines={"3": 1})).state is RequestState.DONE
    after = next(one for one in (await form(demo, MIXED, "order.cancel"))["lines"].options if one.value == "3")
    assert (before.limit, after.limit) == (3, 2)
    assert after.amount == Money(before.amount.amount * 2 // 3, "JPY")


async def test_a_quote_changes_nothing(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    before = await demo.store.get_order(MIXED)
    await demo.quote(actor, order_id)
    await demo.work()
    assert await demo.store.get_order(MIXED) == before
    lines = await demo.db.run(SYSTEM, lambda tx: ledger.lines(tx, order_id))
    assert all(line.cancelling == line.cancelled == 0 for line in lines.values())


@pytest.mark.parametrize(
    ("order_ref", "code", "instead"),
    [
        (LATE, "cancel_shipped", "return.start"),
        ("MD-10233915", "cancel_delivered", "return.start"),
        ("MD-10234102", "cancel_already", None),
        ("MD-10234583", "cancel_asks_person", "service.human"),
        ("MD-10234587", "cancel_asks_person", "service.human"),
        ("MD-10234575", "cancel_custom_made", "item.defective"),
        ("MD-10234418", "cancel_digital_opened", "item.defective"),
    ],
)
async def test_too_late_says_why_and_what_instead(demo: Shop, order_ref: str, code: str, instead: str | None) -> None:
    actor, order_id = await demo.actor(order_ref)
    with pytest.raises(Refused) as refused:
        await demo.quote(actor, order_id)
    assert refused.value.code == code
    alternatives = refused.value.parameters["alternatives"]
    assert (alternatives[0] if alternatives else None) == instead


@pytest.mark.parametrize(
    ("order_ref", "asked"),
    [("MD-10234571", False), ("MD-10234611", False), ("MD-10234598", False), ("MD-10234520", True), (PARTLY, False)],
)
async def test_what_can_still_go_is_quoted(demo: Shop, order_ref: str, asked: bool) -> None:
    actor, order_id = await demo.actor(order_ref)
    quote = await demo.quote(actor, order_id)
    assert quote.draft.slip.asked is asked


async def test_the_unpaid_is_let_go_without_money(demo: Shop) -> None:
    actor, order_id = await demo.actor("MD-10234571")
    quote = await demo.quote(actor, order_id)
    assert [(m.void, m.kind) for m in quote.draft.slip.money] == [(True, "konbini")]
    assert quote.draft.slip.total == Money(0, "JPY")
    request = await demo.confirm(actor, quote)
    await demo.work()
    assert (await demo.settled(request)).state is RequestState.DONE
    await demo.healthy()


async def test_of_a_partly_shipped_order_only_the_rest_goes(demo: Shop) -> None:
    actor, order_id = await demo.actor(PARTLY)
    quote = await demo.quote(actor, order_id)
    request = await demo.confirm(actor, quote)
    await demo.work()
    assert (await demo.settled(request)).state is RequestState.DONE
    order = await demo.store.get_order(PARTLY)
    assert order
    assert [(line.shipped, line.cancelled) for line in order.lines] == [(1, 0), (0, 1)]
    await demo.healthy()


async def test_units_go_one_by_one_and_give_back_exactly_what_was_paid(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    order = await demo.store.get_order(MIXED)
    assert order
    back = 0
    for ref, count in [(line.ref, 1) for line in order.lines for _ in range(line.quantity)]:
        await mirror.follow(demo.db, demo.store)
        quote = await demo.quote(actor, order_id, lines={ref: count})
        back += quote.draft.slip.total.amount
        request = await demo.confirm(actor, quote)
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
    assert back == sum(t.captured.amount for t in order.tenders)
    await demo.healthy()


async def test_the_warehouse_is_asked_and_says_yes_or_no(demo: Shop, now: datetime) -> None:
    outcomes = {}
    for order_ref in ("MD-10234520", "MD-10234511"):
        actor, order_id = await demo.actor(order_ref)
        request = await demo.confirm(actor, await demo.quote(actor, order_id))
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.ASKED
        outcomes[order_ref] = request
    with clock.frozen(now + timedelta(minutes=1)):
        await demo.store.tick(clock.now())
        await demo.work()
        await demo.healthy()
    said_yes = await demo.settled(outcomes["MD-10234520"])
    too_late = await demo.settled(outcomes["MD-10234511"])
    assert said_yes.state is RequestState.DONE
    assert (too_late.state, too_late.outcome and too_late.outcome.code) == (RequestState.FAILED, "store_too_late")


@pytest.mark.parametrize(
    "faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)], ids=["lost", "timed_out", "twice"]
)
async def test_whatever_happens_on_the_way_it_happens_once(demo: Shop, now: datetime, faults: Faults) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id))
    await demo.work(faults)
    if not faults.twice:
        assert (await demo.settled(request)).state is RequestState.EXECUTING
    with clock.frozen(now + timedelta(minutes=2)):
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
        await demo.refund(faults)
    with clock.frozen(now + timedelta(minutes=4)):
        at_provider = await demo.refund()
        await demo.healthy()
    order = await demo.store.get_order(MIXED)
    assert order
    assert {str(t.kind): t.refunded.amount for t in order.tenders} == {
        "gift_balance": 3000,
        "points": 850,
        "card": 15650,
    }
    assert at_provider == 15650


async def test_two_confirmations_at_once_are_one_request(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    quote = await demo.quote(actor, order_id)
    confirmed = await asyncio.gather(*(demo.confirm(actor, quote) for _ in range(10)))
    assert len({request.id for request in confirmed}) == 1


async def test_two_quotes_confirmed_at_once_cancel_once(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    quotes = [await demo.quote(actor, order_id) for _ in range(5)]
    answers = await asyncio.gather(*(demo.confirm(actor, q) for q in quotes), return_exceptions=True)
    assert sum(isinstance(a, Request) for a in answers) == 1
    assert {a.code for a in answers if isinstance(a, Refused)} <= {"change_open", "units_taken", "money_taken"}
    await demo.work()
    await demo.healthy()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"reason": "because"}, "field_unknown"),
        ({"lines": {}}, "no_lines"),
        ({"lines": {"9": 1}}, "unknown_line"),
        ({"lines": {"1": 0}}, "no_lines"),
        ({"lines": {"1": -1}}, "wrong_quantity"),
        ({"lines": {"1": 10**9}}, "wrong_quantity"),
        ({"lines": {"1": "９９"}}, "wrong_quantity"),
        ({"lines": {"1": float("nan")}}, "wrong_quantity"),
        ({"refund": 5}, "invalid_arguments"),
    ],
    ids=str,
)
async def test_bad_wishes_are_refused(demo: Shop, arguments: dict[str, object], code: str) -> None:
    actor, order_id = await demo.actor(MIXED)
    with pytest.raises(Refused) as refused:
        await demo.quote(actor, order_id, **arguments)
    assert refused.value.code == code


async def test_confirmations_are_bound(demo: Shop, now: datetime) -> None:
    actor, order_id = await demo.actor(MIXED)
    quote, other = await demo.quote(actor, order_id), await demo.quote(actor, order_id)
    elsewhere = msgspec.structs.replace(actor, session=ids.uuid7())
    tokens = {
        "of another quote": requests.confirmation_token(SIGNER, actor, other, now),
        "of another session": requests.confirmation_token(SIGNER, elsewhere, quote, now),
        "of another key": requests.confirmation_token(Signer(b"x" * 32), actor, quote, now),
        "nonsense": "abc.def",
    }
    for token in tokens.values():
        with pytest.raises(Refused) as refused:
            await demo.confirm(actor, quote, token)
        assert refused.value.code == "confirmation_bad"
    old = requests.confirmation_token(SIGNER, actor, quote, now)
    with clock.frozen(now + timedelta(minutes=6)), pytest.raises(Refused) as refused:
        await demo.confirm(actor, quote, old)
    assert refused.value.code == "confirmation_expired"
    with clock.frozen(now + timedelta(minutes=16)), pytest.raises(Refused) as refused:
        await demo.confirm(actor, quote)
    assert refused.value.code == "quote_expired"
    assert await demo.db.run(SYSTEM, lambda tx: tx.value("select count(*) from requests")) == 0


async def test_an_order_that_changed_is_quoted_again(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    quote = await demo.quote(actor, order_id)
    order = await demo.store.get_order(MIXED)
    assert order
    await demo.store.cancel("elsewhere", MIXED, order.version, {"1": 1}, "other")
    await mirror.follow(demo.db, demo.store)
    with pytest.raises(Refused) as refused:
        await demo.confirm(actor, quote)
    assert refused.value.code == "order_changed"
    await demo.healthy()


async def test_a_change_the_mirror_has_not_seen_is_refused_by_the_store(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id))
    order = await demo.store.get_order(MIXED)
    assert order
    await demo.store.cancel("elsewhere", MIXED, order.version, {"1": 1}, "other")
    await demo.work()
    failed = await demo.settled(request)
    assert (failed.state, failed.outcome and failed.outcome.code) == (RequestState.FAILED, "store_version_changed")
    await demo.healthy()


async def test_whoever_hears_of_the_end_reads_the_order_as_it_is(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id))
    before = await demo.db.run(SYSTEM, lambda tx: shop.access_order(tx, SYSTEM, order_id))
    operation = await demo.store.cancel(str(request.id), MIXED, before.version, None, "other")
    await demo.db.run(SYSTEM, lambda tx: execution.settle(tx, CATALOGUE, request.id, operation))
    after = await demo.db.run(SYSTEM, lambda tx: shop.access_order(tx, SYSTEM, order_id))
    assert after.document == operation.order
    assert after.document.state == "cancelled"


async def test_what_the_store_did_meanwhile_is_ours_once_the_request_ends(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id))
    order = await demo.store.get_order(MIXED)
    assert order
    await demo.store.cancel("elsewhere", MIXED, order.version, {"1": 1}, "other")
    await mirror.follow(demo.db, demo.store)
    lines = await demo.db.run(SYSTEM, lambda tx: ledger.lines(tx, order_id))
    assert (lines["1"].cancelling, lines["1"].cancelled) == (order.lines[0].quantity, 0)
    await demo.work()
    assert (await demo.settled(request)).state is RequestState.FAILED
    lines = await demo.db.run(SYSTEM, lambda tx: ledger.lines(tx, order_id))
    assert (lines["1"].cancelling, lines["1"].cancelled) == (0, 1)
    await demo.healthy()


async def test_orders_of_others_do_not_exist(demo: Shop) -> None:
    emma, _ = await demo.actor("MD-10234553")
    _, order_id = await demo.actor(MIXED)
    for wanted in (order_id, ids.uuid7()):
        with pytest.raises(Refused) as refused:
            await demo.quote(emma, wanted)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)


async def test_a_guest_must_be_known_first(demo: Shop) -> None:
    actor, order_id = await demo.actor(MIXED)
    for level in (Level.GUEST, Level.CLAIMED):
        with pytest.raises(Refused) as refused:
            await demo.quote(msgspec.structs.replace(actor, level=level), order_id)
        assert (refused.value.code, refused.value.status) == ("identity_needed", 403)

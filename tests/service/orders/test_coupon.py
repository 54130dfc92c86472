"""A coupon afterwards: which are good, what comes back to which payment, and that it happens once."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

import pytest
from msgspec.structs import replace
from psycopg import sql

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import Capability
from madoguchi.edge.stores.demo import store
from madoguchi.edge.stores.demo.people import EMMA, MISAKI, Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.edge.stores.demo.stories import LAST_YEARS, THANKS
from madoguchi.edge.stores.demo.verbs import tell_of_customers
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.service.orders.changing import done, offered, order_of, quote
from tests.service.orders.shop import Shop

MIXED, UNPAID, KONBINI, POINTS = "MD-10234602", "MD-10234571", "MD-10234590", "MD-10234598"
PREPARING, PARTLY, SHIPPED, CORPORATE = "MD-10234520", "MD-10234480", "MD-10234371", "MD-10234587"
OFF = Money(500, "JPY")


async def refused(demo: Shop, ref: str, **more: Any) -> Refused:
    """Why it cannot be used; nothing changed by asking."""
    before = await order_of(demo, ref)
    with pytest.raises(Refused) as caught:
        await quote(demo, ref, "order.apply_coupon", **more)
    await demo.work()
    assert await order_of(demo, ref) == before
    await demo.healthy()
    return caught.value


async def with_coupon(demo: Shop, person: Person, change: LiteralString) -> None:
    """Change this person's good coupon in the shop, and let the mirror hear of it."""
    ref = person.customer.ref

    async def work(tx: Tx) -> None:
        where = sql.SQL(" where customer_ref = {} and code = {}").format(ref, THANKS)
        await tx.conn.execute(sql.SQL("update coupons set ") + sql.SQL(change) + where)
        await tell_of_customers(tx, DEMO, [ref])

    await demo.store_db.run(ASKER, work)
    await mirror.follow(demo.db, demo.store)


async def test_each_tender_gets_its_share_of_what_was_paid_too_much(demo: Shop) -> None:
    before = await order_of(demo, MIXED)
    slip = (await quote(demo, MIXED, "order.apply_coupon", code=THANKS)).draft.slip
    assert slip.total == OFF
    assert {str(part.kind) for part in slip.money} == {"gift_balance", "points", "card"}
    request = await done(demo, MIXED, "order.apply_coupon", code=THANKS)
    assert request.state is RequestState.DONE
    assert await demo.refund() == slip.money[2].amount.amount  # what the provider gave back to the card
    after = await order_of(demo, MIXED)
    assert (after.coupon, after.total) == (THANKS, before.total - OFF)
    assert {t.ref: t.refunded for t in after.tenders} == {part.tender_ref: part.amount for part in slip.money}
    await demo.healthy()


async def test_what_is_not_paid_yet_becomes_less(demo: Shop) -> None:
    before = await order_of(demo, UNPAID)
    slip = (await quote(demo, UNPAID, "order.apply_coupon", code=THANKS)).draft.slip
    assert (slip.total, slip.money) == (Money(0, "JPY"), ())
    assert slip.facts[0].label.key == "orders.to_pay"
    await done(demo, UNPAID, "order.apply_coupon", code=THANKS)
    assert (await order_of(demo, UNPAID)).tenders[0].amount == before.tenders[0].amount - OFF
    await demo.healthy()


@pytest.mark.parametrize("way", [Destination.GIFT_BALANCE, Destination.BANK])
async def test_what_was_paid_in_cash_goes_where_it_is_wished(demo: Shop, way: Destination) -> None:
    request = await done(demo, KONBINI, "order.apply_coupon", code=THANKS, refund_to=way)
    assert request.state is RequestState.DONE
    found = await demo.db.run(SYSTEM, lambda tx: tx.value("select destination from refund_intents"))
    assert found == way
    await demo.healthy()


async def test_while_it_is_prepared_a_coupon_can_still_be_used(demo: Shop) -> None:
    assert (await done(demo, PREPARING, "order.apply_coupon", code=THANKS)).state is RequestState.DONE
    await demo.refund()
    await demo.healthy()


async def test_after_a_coupon_the_rest_comes_back_with_the_cancellation(demo: Shop) -> None:
    paid = sum(tender.captured.amount for tender in (await order_of(demo, MIXED)).tenders)
    await done(demo, MIXED, "order.apply_coupon", code=THANKS)
    await demo.refund()
    cancelled = await done(demo, MIXED, "order.cancel")
    assert cancelled.outcome
    assert cancelled.outcome.slip
    assert cancelled.outcome.slip.total == Money(paid, "JPY") - OFF
    await demo.refund()
    assert sum(tender.refunded.amount for tender in (await order_of(demo, MIXED)).tenders) == paid
    await demo.healthy()


# -- what is refused


@pytest.mark.parametrize(
    ("ref", "code", "why"),
    [
        (MIXED, LAST_YEARS, "coupon_expired"),
        (MIXED, "NO-SUCH", "coupon_unknown"),
        (MIXED, "", "field_missing"),
        (PARTLY, THANKS, "coupon_too_late"),
        (SHIPPED, THANKS, "coupon_too_late"),
        (CORPORATE, THANKS, "change_asks_person"),
        ("MD-10234102", THANKS, "order_cancelled"),
    ],
)
async def test_coupons_that_cannot_be_used(demo: Shop, ref: str, code: str, why: str) -> None:
    assert (await refused(demo, ref, code=code)).code == why


async def test_somebody_elses_coupon_is_not_known(demo: Shop) -> None:
    await with_coupon(demo, EMMA, "code = 'EMMA700'")
    assert (await refused(demo, MIXED, code="EMMA700")).code == "coupon_unknown"


async def test_the_goods_must_be_worth_enough(demo: Shop) -> None:
    await with_coupon(demo, MISAKI, "minimum = 100000")
    why = await refused(demo, MIXED, code=THANKS)
    assert (why.code, why.parameters["minimum"]) == ("coupon_minimum", Money(100000, "JPY"))


async def test_a_coupon_is_used_once_and_an_order_takes_one(demo: Shop) -> None:
    assert (await offered(demo, KONBINI))["order.apply_coupon"] is None
    await done(demo, UNPAID, "order.apply_coupon", code=THANKS)
    assert (await refused(demo, UNPAID, code=THANKS)).code == "coupon_used"
    assert (await refused(demo, KONBINI, code=THANKS)).code == "coupon_used"
    assert "order.apply_coupon" not in await offered(demo, KONBINI), "who has none left is not told of coupons"


async def test_a_second_coupon_does_not_go_on_top(demo: Shop) -> None:
    await demo.store_db.run(
        ASKER, lambda tx: tx.execute("update coupons set valid_until = valid_until + interval '99 days'")
    )
    await done(demo, UNPAID, "order.apply_coupon", code=THANKS)
    why = await refused(demo, UNPAID, code=LAST_YEARS)
    assert (why.code, why.parameters["coupon"]) == ("coupon_already", THANKS)


async def test_of_two_orders_at_once_one_gets_the_coupon(demo: Shop) -> None:
    asked = {}
    for ref in (UNPAID, KONBINI):
        actor, order_id = await demo.actor(ref)
        asked[ref] = await demo.confirm(actor, await demo.quote(actor, order_id, "order.apply_coupon", code=THANKS))
    await demo.work()
    ends = {ref: await demo.settled(request) for ref, request in asked.items()}
    assert sorted(request.state for request in ends.values()) == [RequestState.DONE, RequestState.FAILED]
    assert {request.outcome.code for request in ends.values() if request.outcome} == {None, "store_coupon_invalid"}
    await demo.refund()
    await demo.healthy()


async def test_a_shop_that_refunds_by_itself_gives_it_back_itself(demo: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    giving = replace(DEMO, can=DEMO.can | {Capability.REFUNDS})
    monkeypatch.setattr(store, "SHOPS", {DEMO.id: giving})
    assert (await done(demo, MIXED, "order.apply_coupon", code=THANKS)).state is RequestState.DONE
    assert await demo.db.run(SYSTEM, lambda tx: tx.value("select count(*) from refund_intents")) == 0
    assert sum(tender.refunded.amount for tender in (await order_of(demo, MIXED)).tenders) == OFF.amount
    await demo.healthy()


# -- once, whatever happens


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)], ids=str)
async def test_it_happens_once_whatever_happens(demo: Shop, now: datetime, faults: Faults) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, "order.apply_coupon", code=THANKS))
    await demo.work(faults)
    with clock.frozen(now + timedelta(minutes=2)):
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
        await demo.refund(faults)
    with clock.frozen(now + timedelta(minutes=4)):
        await demo.refund()
        await demo.healthy()
    assert sum(tender.refunded.amount for tender in (await order_of(demo, MIXED)).tenders) == OFF.amount


async def test_one_that_expired_meanwhile_changes_nothing(demo: Shop, now: datetime) -> None:
    actor, order_id = await demo.actor(MIXED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, "order.apply_coupon", code=THANKS))
    await demo.store_db.run(
        ASKER, lambda tx: tx.execute("update coupons set valid_until = %s", [now - timedelta(days=1)])
    )
    before = await order_of(demo, MIXED)
    await demo.work()
    failed = await demo.settled(request)
    assert (failed.state, failed.outcome and failed.outcome.code) == (RequestState.FAILED, "store_coupon_invalid")
    assert await order_of(demo, MIXED) == before
    assert all(
        one.reserved == 0 for one in (await demo.db.run(SYSTEM, lambda tx: ledger.tenders(tx, order_id))).values()
    )
    await demo.healthy()

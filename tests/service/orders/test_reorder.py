"""The same things again: at today's price, from today's stock, to a chosen address, paid once."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import StoreOrder
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.edge.stores.demo.verbs import announce
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.service.orders.changing import form, offered, order_of
from tests.service.orders.shop import Shop

ACTION = "order.reorder"
CANCELLED = "MD-10234102"  # a curtain of 5,980 yen, paid by card
DELIVERED = "MD-10233915"  # a sweater and two shirts
SPLIT = "MD-10234602"  # paid with a gift balance, points and a card, in this order
CUSTOM, GIFT_CARD, CORPORATE, MEMBERSHIP = "MD-10234575", "MD-10234421", "MD-10234587", "MD-10234528"
ELSEWHERE = {
    "name": "佐藤 美咲",
    "postal_code": "060-0001",
    "region": "北海道",
    "city": "札幌市中央区",
    "lines": ["中央1-1"],
}


async def wished(demo: Shop, ref: str, **more: Any) -> dict[str, Any]:
    """What the form has filled in, and what is wished otherwise."""
    fields = await form(demo, ref, ACTION)
    return {"address": fields["address"].default, "method_ref": "card"} | more


async def in_the_shop(demo: Shop, statement: LiteralString, product: str) -> None:
    """Change something about a product, and let the mirror hear of it."""

    async def work(tx: Tx) -> None:
        await tx.execute(statement)
        await tx.execute("update products set version = version + 1 where ref = %s", [product])
        await announce(tx, DEMO.id, [("product", product)])

    await demo.store_db.run(ASKER, work)
    await mirror.follow(demo.db, demo.store)


async def made_from(demo: Shop, ref: str, **more: Any) -> StoreOrder:
    """Quoted, confirmed and placed: the new order."""
    actor, order_id = await demo.actor(ref)
    quote = await demo.quote(actor, order_id, ACTION, **await wished(demo, ref, **more))
    request = await demo.confirm(actor, quote)
    await demo.work()
    done = await demo.settled(request)
    assert done.state is RequestState.DONE
    assert done.outcome
    assert done.outcome.slip
    number, arrives, *_ = done.outcome.slip.facts
    made = await order_of(demo, str(number.words))
    assert (arrives.label.key == "orders.reorder.arrives") is (made.promised_until is not None)
    return made


@pytest.mark.parametrize("ref", [CANCELLED, DELIVERED, "MD-10234606"])
async def test_the_same_again(demo: Shop, ref: str) -> None:
    old = await order_of(demo, ref)
    new = await made_from(demo, ref)
    assert {line.sku: line.quantity for line in new.lines} == {line.sku: line.quantity for line in old.lines}
    assert (new.address, new.total, new.tenders[0].captured) == (old.address, old.total, old.total)
    assert await order_of(demo, ref) == old
    actor, _ = await demo.actor(ref)
    assert actor.id
    customer = actor.id
    ours = await demo.db.run(actor, lambda tx: shop.order_by_ref(tx, actor, customer, new.ref))
    assert ours, "the new order is the customer's at once"
    await demo.healthy()


async def test_a_card_is_filled_in_before_a_balance_that_runs_out(demo: Shop) -> None:
    fields = await form(demo, SPLIT, ACTION)
    assert fields["method_ref"].default == "card"


async def test_after_a_cancellation_it_can_be_had_after_all(demo: Shop) -> None:
    actor, order_id = await demo.actor("MD-10234606")
    await demo.confirm(actor, await demo.quote(actor, order_id))
    await demo.work()
    assert len((await made_from(demo, "MD-10234606")).lines) == 2
    await demo.refund()
    await demo.healthy()


async def test_some_of_it_to_another_address(demo: Shop) -> None:
    new = await made_from(demo, DELIVERED, lines={"2": 1}, address=ELSEWHERE)
    assert [(line.sku, line.quantity) for line in new.lines] == [("TSHIRT-M", 1)]
    assert (new.address.city, new.shipping_fee) == ("札幌市中央区", Money(550, "JPY"))


async def test_the_quote_tells_what_is_different_today(demo: Shop) -> None:
    await in_the_shop(demo, "update variants set price = 3190 where sku = 'TSHIRT-M'", "TSHIRT")
    await in_the_shop(demo, "update variants set stock = 0, available = false where sku = 'SWEATER-M'", "SWEATER")
    actor, order_id = await demo.actor(DELIVERED)
    slip = (await demo.quote(actor, order_id, ACTION, **await wished(demo, DELIVERED))).draft.slip
    told = {fact.label.key: fact.words for fact in slip.facts}
    assert told.keys() == {"orders.reorder.address", "orders.reorder.changed", "orders.reorder.missing"}
    assert "メリノウールのセーター" in str(told["orders.reorder.missing"])
    assert slip.charged == Money(3190 * 2, "JPY")


async def test_no_more_than_there_is(demo: Shop) -> None:
    await in_the_shop(demo, "update variants set stock = 1 where sku = 'TSHIRT-M'", "TSHIRT")
    lines = (await form(demo, DELIVERED, ACTION))["lines"]
    assert (lines.default, [option.limit for option in lines.options]) == ({"1": 1, "2": 1}, [1, 1])


async def test_what_is_gone_altogether_is_refused(demo: Shop) -> None:
    await in_the_shop(demo, "update variants set stock = 0, available = false where sku = 'CURTAIN-GR'", "CURTAIN")
    refusal = (await offered(demo, CANCELLED))[ACTION]
    assert refusal
    assert refusal.code == "reorder_out_of_stock"


@pytest.mark.parametrize(
    ("ref", "more", "why"),
    [
        (CUSTOM, {"lines": {"1": 1}}, "reorder_custom_made"),
        (GIFT_CARD, {"lines": {"1": 1}}, "reorder_gift_card"),
        (CORPORATE, {"lines": {"1": 1}}, "change_asks_person"),
        (CANCELLED, {"lines": {"1": 2}}, "wrong_quantity"),
        (CANCELLED, {"lines": {"7": 1}}, "unknown_line"),
        (CANCELLED, {"method_ref": "points"}, "balance_too_low"),
        (CANCELLED, {"method_ref": "konbini"}, "field_unknown"),
        (CANCELLED, {"address": {"name": "", "postal_code": "1"}}, "field_missing"),
    ],
)
async def test_what_cannot_be_ordered_again(demo: Shop, ref: str, more: dict[str, Any], why: str) -> None:
    actor, order_id = await demo.actor(ref)
    with pytest.raises(Refused) as refused:
        await demo.quote(actor, order_id, ACTION, **await wished(demo, ref, **more))
    assert refused.value.code == why


async def test_a_membership_is_not_ordered_like_goods(demo: Shop) -> None:
    order_id = await demo.db.run(SYSTEM, lambda tx: shop.order_id_of(tx, "demo", MEMBERSHIP))
    actor, _ = await demo.actor(CANCELLED)
    assert order_id
    assert ACTION not in await offered(demo, MEMBERSHIP, (actor, order_id))


async def test_a_price_that_changed_meanwhile_is_not_paid(demo: Shop) -> None:
    actor, order_id = await demo.actor(CANCELLED)
    request = await demo.confirm(
        actor, await demo.quote(actor, order_id, ACTION, **await wished(demo, CANCELLED, lines={"1": 1}))
    )
    await demo.store_db.run(ASKER, lambda tx: tx.execute("update variants set stock = 0, available = false"))
    await demo.work()
    failed = await demo.settled(request)
    assert (failed.state, failed.outcome and failed.outcome.code) == (RequestState.FAILED, "store_unavailable")
    await demo.healthy()


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)], ids=str)
async def test_one_order_is_placed_whatever_happens(demo: Shop, now: datetime, faults: Faults) -> None:
    actor, order_id = await demo.actor(CANCELLED)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, ACTION, **await wished(demo, CANCELLED)))
    await demo.work(faults)
    with clock.frozen(now + timedelta(minutes=2)):
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
        await demo.healthy()
    placed = "select count(*) from orders where ref like 'MD-11%%'"
    assert await demo.store_db.run(ASKER, lambda tx: tx.value(placed)) == 1


async def test_two_clicks_are_one_order(demo: Shop) -> None:
    actor, order_id = await demo.actor(CANCELLED)
    quotes = [await demo.quote(actor, order_id, ACTION, **await wished(demo, CANCELLED)) for _ in range(2)]
    await demo.confirm(actor, quotes[0])
    with pytest.raises(Refused) as refused:
        await demo.confirm(actor, quotes[1])
    assert refused.value.code == "change_open"
    assert msgspec.to_builtins(quotes[0].draft.plan["items"]) == {"CURTAIN-GR": 1}

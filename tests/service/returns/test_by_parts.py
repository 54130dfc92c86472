"""Exchanges of several units: each goes out, or is called off, by itself, with its own money."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.rules import Fact, Said, Slip
from madoguchi.core.ledger.intents.queries import intents_of_order
from madoguchi.core.requests.queries import requests_of
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.orders.rules import order_card
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.reading import sentences
from madoguchi.service.returns.rules import ReturnState, Wish
from madoguchi.service.returns.units.rules import Unit
from tests.service.returns.conftest import Yard
from tests.service.returns.test_exchanging import CLOTHES, ask, careful, exchange, out, paid, settled_later, yen

SHIRTS: dict[str, Any] = {"items": {"2": "TSHIRT-L"}, "method_ref": "card", "reason": "size", "condition": "unopened"}
SEEN = SHIRTS | {"condition": "untagged"}  # what must be looked at first
WORN: dict[str, Any] = {"disposition": "back_to_customer", "found": {"grade": "worn"}}
__all__ = ["careful"]
pytestmark = pytest.mark.usefixtures("careful")


class Clerk:
    """Somebody of the shop."""

    key = "system"


async def priced(yard: Yard, sku: str, by: int) -> None:
    """A variant costs more from now on, or less."""
    product = sku.rsplit("-", 1)[0]
    price = "update variants set price = price + %s where shop_id = 'demo' and sku = %s"
    touch = "update products set version = version + 1 where shop_id = 'demo' and ref = %s"
    announce = """with s as (update shops set last_change = last_change + 1 where id = 'demo' returning last_change)
        update changes set seq = s.last_change from s where shop_id = 'demo' and kind = 'product' and ref = %s"""
    await yard.store_db.run(Clerk(), lambda tx: tx.execute(price, [by, sku]))
    for query in (touch, announce):
        await yard.store_db.run(Clerk(), lambda tx, query=query: tx.execute(query, [product]))
    await mirror.follow(yard.db, yard.store)


async def numbered(yard: Yard, ref: str | None) -> StoreOrder:
    """An order of the store's as it is now."""
    assert ref
    await mirror.follow(yard.db, yard.store)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", ref))
    assert order_id
    return (await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))).document


async def given_back(yard: Yard, of: StoreOrder) -> list[Money]:
    """What is owed of an order with new goods."""
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", of.ref))
    assert order_id
    intents = await yard.db.run(SYSTEM, lambda tx: intents_of_order(tx, SYSTEM, order_id))
    return [intent.amount for intent in intents]


async def both(yard: Yard, of: Return) -> tuple[Unit, Unit]:
    """The two units, the first that came and the other."""
    first, second = await yard.units(of.id)
    return first, second


async def inspected(yard: Yard, of: Return, unit: Unit, **told: Any) -> None:
    await yard.do("return.inspect", **{"return_id": of.id, "unit_id": unit.id, "disposition": "restock"} | told)


async def slips_of(yard: Yard, of: Return) -> list[Slip]:
    """What the customer was told about it, the newest first."""
    found = await yard.db.run(SYSTEM, lambda tx: requests_of(tx, of.customer_id))
    return [one.outcome.slip for one in found if one.outcome and one.outcome.slip]


def said_of(slip: Slip, label: str) -> list[Any]:
    """What a slip says under a label."""
    return [fact.words for fact in slip.facts if isinstance(fact, Fact) and fact.label.key == label]


async def told_now(yard: Yard, of: Return) -> dict[str, dict[str, Any]]:
    """What the return's page says, by key."""
    of = await yard.back(of.id)
    return {one.key: one.parameters for one in await yard.db.run(SYSTEM, lambda tx: sentences(tx, of))}


async def test_one_bad_unit_ends_only_its_own_exchange(yard: Yard) -> None:
    await priced(yard, "TSHIRT-L", 301)
    of = await exchange(yard, **SEEN)
    await yard.on_its_way(of)
    await yard.arrives(of)
    good, bad = await both(yard, of)
    await inspected(yard, of, good)
    assert (await out(yard, of)).held, "what lies on one table is settled together"
    await inspected(yard, of, bad, **WORN)
    await settled_later(yard)
    new = await out(yard, of)
    assert (new.held, [(line.quantity, line.cancelled) for line in new.lines]) == (False, [(2, 1)])
    good, bad = await both(yard, of)
    assert (good.replaced, good.out_ref, good.called_off) == (True, of.out_ref, False)
    assert (bad.replaced, bad.out_ref, bad.called_off) == (False, None, True)
    assert await given_back(yard, new) == [yen(301)], "what it cost more is given back"
    assert await paid(yard) == 0
    held = (await yard.held(CLOTHES))["2"]
    assert (held.returned, held.refunded, held.free) == (1, 0, 1)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert (await yard.back(of.id)).wish is Wish.EXCHANGE
    await yard.in_order()


async def test_it_is_said_what_happens_with_which(yard: Yard) -> None:
    of = await exchange(yard, **SEEN)
    agreed, *_ = await slips_of(yard, of)
    assert said_of(agreed, "returns.fact.parts") == [Said("returns.parts.each")]
    await yard.arrives(of)
    good, bad = await both(yard, of)
    await inspected(yard, of, good)
    await inspected(yard, of, bad, **WORN)
    await settled_later(yard)
    told = await slips_of(yard, of)
    settled = next(slip for slip in told if slip.title.key == "returns.title.settled.exchange")
    assert [line.name.key for line in settled.lines if isinstance(line.name, Said)] == [
        "returns.line.exchanged",
        "returns.line.rejected",
    ]
    assert said_of(settled, "returns.fact.replacement") == [of.out_ref]
    assert [words.parameters["n"] for words in said_of(settled, "returns.fact.called_off")] == [1]
    cancelled = next(slip for slip in told if slip.title.key.startswith("orders.cancel"))
    assert [words.key for words in said_of(cancelled, "orders.card.exchange")] == ["orders.cancel.exchange.given_up"]
    now = await told_now(yard, of)
    assert (now["returns.out.gone"]["number"], now["returns.out.off"]["n"]) == (of.out_ref, 1)


async def test_what_comes_first_goes_first(yard: Yard) -> None:
    """The other's new goods are held on, and called off when it never comes."""
    of = await exchange(yard, **SHIRTS)
    first, second = await both(yard, of)
    await yard.arrives(of, units={first.id: "received"})
    first, second = await both(yard, of)
    gone, rest = await numbered(yard, first.out_ref), await out(yard, of)
    assert (gone.held, gone.total, gone.exchanges) == (False, yen(2990), CLOTHES)
    assert (rest.held, rest.lines[0].parted, second.out_ref) == (True, 1, None)
    said = await told_now(yard, of)
    assert said["returns.out.gone"]["number"] == gone.ref != said["returns.out.held"]["number"]
    card = order_card(of.id, rest, clock.now(), "Asia/Tokyo")
    assert [fact.words.key for fact in card.facts if isinstance(fact.words, Said)] == [
        "orders.card.exchange.held",
        "orders.card.parted.units",
    ]
    await yard.looked_at(of)
    await yard.time_passes(timedelta(days=36))
    await yard.time_passes(timedelta(days=36, minutes=6))
    await yard.time_passes(timedelta(days=36, minutes=12))
    assert (await out(yard, of)).state is OrderState.CANCELLED
    first, second = await both(yard, of)
    assert (first.replaced, second.called_off) == (True, True)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert await paid(yard) == 0
    await yard.in_order()


async def test_both_go_out_each_in_its_time(yard: Yard) -> None:
    of = await exchange(yard, **SHIRTS)
    first, second = await both(yard, of)
    await yard.arrives(of, units={first.id: "received"})
    await yard.arrives(of, units={second.id: "received"})
    assert (await out(yard, of)).held, "one at a time goes out before it was looked at"
    await yard.looked_at(of)
    first, second = await both(yard, of)
    assert first.out_ref != second.out_ref == (await yard.back(of.id)).out_ref
    assert not (await out(yard, of)).held
    assert (await yard.held(CLOTHES))["2"].returned == 2
    await yard.in_order()


async def test_what_is_missing_is_called_off_and_its_difference_given_back(yard: Yard) -> None:
    await priced(yard, "TSHIRT-L", 301)
    of = await exchange(yard, **SHIRTS)
    first, second = await both(yard, of)
    await yard.arrives(of, units={first.id: "received", second.id: "short"})
    await settled_later(yard)
    new = await out(yard, of)
    assert (new.held, new.lines[0].cancelled) == (False, 1)
    assert await given_back(yard, new) == [yen(301)]
    await yard.looked_at(of)
    await yard.in_order()


async def test_of_what_costs_less_each_unit_brings_its_own_part(yard: Yard) -> None:
    await priced(yard, "TSHIRT-L", -101)
    of = await exchange(yard, **SEEN)
    assert [unit.less for unit in await yard.units(of.id)] == [101, 101]
    await yard.arrives(of)
    good, bad = await both(yard, of)
    await inspected(yard, of, bad, **WORN)
    await inspected(yard, of, good)
    await settled_later(yard)
    assert await paid(yard) == 101
    assert (await numbered(yard, (await both(yard, of))[0].out_ref)).total == yen(2 * 2889)
    await yard.in_order()


async def cancels(yard: Yard, ref: str, **told: Any) -> Money:
    """The customer calls goods off that are set aside; what is given back of them."""
    actor, _ = await yard.actor(CLOTHES)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", ref))
    assert isinstance(order_id, UUID)
    quote = await yard.quote(actor, order_id, "order.cancel", **told)
    await yard.confirm(actor, quote)
    await yard.work()
    return quote.draft.slip.total


async def test_who_calls_off_one_of_the_new_goods_gets_its_price_back(yard: Yard) -> None:
    await priced(yard, "TSHIRT-L", 301)
    of = await exchange(yard, **SHIRTS)
    new = await out(yard, of)
    assert await cancels(yard, new.ref, lines={"1": 1}) == yen(301)
    await yard.on_its_way(of)
    await yard.arrives(of)
    assert not (await out(yard, of)).held
    assert await paid(yard) == 0, "its price waits until it was looked at"
    await yard.looked_at(of)
    units = await yard.units(of.id)
    assert sorted((unit.replaced, unit.called_off, unit.paid) for unit in units) == [
        (False, True, 2990),
        (True, False, 0),
    ]
    assert await paid(yard) == 2990
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    await yard.in_order()


async def test_where_one_pays_for_the_other_all_count_together(yard: Yard) -> None:
    """Said before it is agreed to; of what is set aside then nothing can be called off by itself."""
    await priced(yard, "TSHIRT-L", -200)
    mixed = SEEN | {"items": {"1": "SWEATER-XL", "2": "TSHIRT-L"}, "lines": {"2": 1}}
    quote = await ask(yard, **mixed)
    assert said_of(quote.draft.slip, "returns.fact.parts") == [Said("returns.parts.together")]
    of = await exchange(yard, **mixed)
    new = await out(yard, of)
    with pytest.raises(Refused) as refused:
        await cancels(yard, new.ref, lines={"1": 1})
    assert refused.value.code == "cancel_held_whole"
    await yard.arrives(of)
    good, bad = await both(yard, of)
    await inspected(yard, of, good)
    await inspected(yard, of, bad, **WORN)
    await settled_later(yard)
    assert (await out(yard, of)).state is OrderState.CANCELLED
    assert (await yard.back(of.id)).wish is Wish.REFUND
    assert await paid(yard) == 9900
    await yard.in_order()

"""Another size or colour: the new goods are held until those that come back are there, and each price is settled."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Said
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.policy.decisions import Verdict
from madoguchi.core.policy.pack import ChangeWish
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.requests.queries import Quote, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.orders.rules import order_card
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ReturnState, Wish
from tests.service.returns.conftest import Yard

CLOTHES = "MD-10233915"  # a sweater M and two T-shirts M, by card
VACUUM = "MD-10233650"  # comes in one variant
LARGER: dict[str, Any] = {"items": {"1": "SWEATER-L"}, "method_ref": "card", "reason": "size", "condition": "unopened"}
DEARER = LARGER | {"items": {"1": "SWEATER-XL"}}


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


async def ask(yard: Yard, ref: str = CLOTHES, **told: Any) -> Quote:
    actor, order_id = await yard.actor(ref)
    return await yard.quote(actor, order_id, "order.exchange", **told)


async def exchange(yard: Yard, **told: Any) -> Return:
    """Have an exchange of the clothes agreed to."""
    request = await yard.agree(CLOTHES, await ask(yard, **told))
    assert request.state is RequestState.DONE, request.outcome
    return await yard.back(request.id)


async def out(yard: Yard, of: Return) -> StoreOrder:
    """The order with the new goods as it is now."""
    of = await yard.back(of.id)
    assert of.out_ref
    await mirror.follow(yard.db, yard.store)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", of.out_ref or ""))
    assert order_id
    return (await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))).document


async def paid(yard: Yard, ref: str = CLOTHES) -> int:
    """What is owed or given back for an order, in yen."""
    return sum(intent.amount.amount for intent in await yard.intents(ref))


async def comes_back(yard: Yard, of: Return) -> None:
    await yard.on_its_way(of)
    await yard.arrives(of)
    await yard.looked_at(of)


@pytest.fixture
def careful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is trusted: new goods wait for those that come back."""
    monkeypatch.setattr("madoguchi.service.returns.agreeing.trusted", lambda of, units, at: False)


@pytest.mark.usefixtures("careful")
async def test_the_new_goods_wait_and_go_out(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    assert (of.wish, of.state, of.refund_on) == (Wish.EXCHANGE, ReturnState.APPROVED, "received")
    new = await out(yard, of)
    assert (new.held, new.exchanges, new.lines[0].sku) == (True, CLOTHES, "SWEATER-L")
    assert (await yard.held(CLOTHES))["1"].return_open == 1
    await yard.on_its_way(of)
    assert (await out(yard, of)).held
    await yard.arrives(of)
    new = await out(yard, of)
    assert (new.held, new.tenders[0].captured) == (False, yen(9900))
    await yard.looked_at(of)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert await paid(yard) == 0
    held = (await yard.held(CLOTHES))["1"]
    assert (held.return_open, held.returned, held.refunded) == (0, 1, 0)
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_what_was_exchanged_can_come_back_as_any_other_order(yard: Yard) -> None:
    of = await exchange(yard, **DEARER)
    await comes_back(yard, of)
    new = await out(yard, of)
    await yard.store.tick(clock.now() + timedelta(days=9))
    await mirror.follow(yard.db, yard.store)
    actor, _ = await yard.actor(CLOTHES)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", new.ref))
    assert order_id
    with clock.frozen(clock.now() + timedelta(days=9)):
        quote = await yard.quote(
            actor, order_id, "order.return", lines={"1": 1}, reason="dislike", condition="untagged"
        )
    assert quote.draft.slip.total == yen(10500)


@pytest.mark.usefixtures("careful")
async def test_dearer_goods_are_charged_at_once(yard: Yard) -> None:
    quote = await ask(yard, **DEARER)
    assert [charge.amount for charge in quote.draft.slip.charges] == [yen(600)]
    assert [(line.quantity, line.amount) for line in quote.draft.slip.lines] == [(1, yen(600))]
    of = await exchange(yard, **DEARER)
    assert (await out(yard, of)).tenders[1].captured == yen(600)
    await comes_back(yard, of)
    assert await paid(yard) == 0
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_dearer_goods_can_be_paid_later(yard: Yard) -> None:
    quote = await ask(yard, **DEARER | {"method_ref": "konbini"})
    slip = quote.draft.slip
    assert (slip.charges, slip.facts[0].label.key) == ((), "orders.to_pay")
    words = [getattr(fact.words, "key", "") for fact in slip.facts]
    assert "returns.when.exchange.now" not in words, "nothing goes out before it is paid"
    of = await exchange(yard, **DEARER | {"method_ref": "konbini"})
    new = await out(yard, of)
    assert (new.state, new.held) == (OrderState.PENDING_PAYMENT, True)
    await yard.arrives(of)
    new = await out(yard, of)
    assert (new.state, new.held) == (OrderState.PENDING_PAYMENT, False)
    await yard.in_order()


async def made_cheaper(yard: Yard) -> None:
    query = "update variants set price = price - 400 where shop_id = 'demo' and sku = 'SWEATER-S'"

    class Clerk:
        key = "system"

    await yard.store_db.run(Clerk(), lambda tx: tx.execute(query, []))
    touch = "update products set version = version + 1 where shop_id = 'demo' and ref = 'SWEATER'"
    await yard.store_db.run(Clerk(), lambda tx: tx.execute(touch, []))
    announce = """with s as (update shops set last_change = last_change + 1 where id = 'demo' returning last_change)
        update changes set seq = s.last_change from s where shop_id = 'demo' and kind = 'product' and ref = 'SWEATER'"""
    await yard.store_db.run(Clerk(), lambda tx: tx.execute(announce, []))
    await mirror.follow(yard.db, yard.store)


async def test_cheaper_goods_give_the_difference_back_when_the_others_are_there(yard: Yard) -> None:
    await made_cheaper(yard)
    quote = await ask(yard, **LARGER | {"items": {"1": "SWEATER-S"}})
    assert quote.draft.slip.total == yen(400)
    of = await exchange(yard, **LARGER | {"items": {"1": "SWEATER-S"}})
    assert ([unit.less for unit in await yard.units(of.id)], await paid(yard)) == ([400], 0)
    await comes_back(yard, of)
    assert await paid(yard) == 400
    assert not (await out(yard, of)).held
    assert await yard.refund() == 400
    await mirror.follow(yard.db, yard.store)
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_what_never_comes_back_goes_out_to_nobody(yard: Yard) -> None:
    of = await exchange(yard, **DEARER)
    await yard.time_passes(timedelta(days=36))
    await yard.time_passes(timedelta(days=36, minutes=6))
    assert (await yard.back(of.id)).state is ReturnState.EXPIRED
    assert (await out(yard, of)).state is OrderState.CANCELLED
    assert await paid(yard, of.order_ref) == 0
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_a_parcel_without_the_goods_ends_the_exchange(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    (unit,) = await yard.units(of.id)
    await yard.on_its_way(of)
    await yard.arrives(of, units={unit.id: "wrong_item"})
    await settled_later(yard)
    assert (await out(yard, of)).state is OrderState.CANCELLED
    assert (await yard.back(of.id)).wish is Wish.REFUND
    assert await paid(yard) == 0
    assert (await yard.held(CLOTHES))["1"].free == 1
    await yard.in_order()


async def settled_later(yard: Yard) -> None:
    """What waited for something else that was under way."""
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        await yard.work()
        await mirror.follow(yard.db, yard.store)
    with clock.frozen(clock.now() + timedelta(minutes=12)):
        await yard.work()


@pytest.mark.usefixtures("careful")
async def test_who_calls_the_new_goods_off_gets_the_price_back(yard: Yard) -> None:
    of = await exchange(yard, **DEARER)
    new = await out(yard, of)
    actor, _ = await yard.actor(CLOTHES)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", new.ref))
    assert order_id
    quote = await yard.quote(actor, order_id, "order.cancel")
    slip = quote.draft.slip
    assert slip.total == yen(600)
    assert [part.amount for part in slip.money] == [yen(600)], "what was paid for the old goods is not let go"
    assert [fact.words.key for fact in slip.facts] == ["orders.cancel.exchange"], "their return goes on"
    await yard.confirm(actor, quote)
    await yard.work()
    await comes_back(yard, of)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert await paid(yard) == 9900
    await yard.in_order()


async def test_a_customer_we_know_has_the_new_goods_at_once(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    assert of.refund_on == "now"
    assert not (await out(yard, of)).held
    await comes_back(yard, of)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert await paid(yard) == 0
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_some_units_of_a_line_are_exchanged(yard: Yard) -> None:
    of = await exchange(yard, **LARGER | {"items": {"2": "TSHIRT-L"}, "lines": {"2": 1}})
    assert [line.quantity for line in (await out(yard, of)).lines] == [1]
    assert (await yard.held(CLOTHES))["2"].free == 1
    await comes_back(yard, of)
    await yard.in_order()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"items": {"1": "SWEATER-M"}}, "field_unknown"),  # what it is
        ({"items": {"1": "TSHIRT-L"}}, "field_unknown"),
        ({"items": {"9": "SWEATER-L"}}, "unknown_line"),
        ({"items": {}}, "field_missing"),
        ({"condition": "used"}, "return_used"),
        ({"method_ref": "nobody's"}, "field_unknown"),
        ({"reason": None}, "field_missing"),
        ({"lines": {"1": 2}}, "unknown_line"),
        ({"items": {"2": "TSHIRT-L"}, "lines": {"2": 3}}, "wrong_quantity"),
    ],
)
async def test_exchanges_that_are_refused(yard: Yard, told: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await ask(yard, **LARGER | told)
    assert refused.value.code == code
    assert (await yard.held(CLOTHES))["1"].free == 1


@pytest.mark.usefixtures("careful")
async def test_what_must_be_looked_at_holds_the_new_goods_until_then(yard: Yard) -> None:
    of = await exchange(yard, **LARGER | {"condition": "untagged"})
    await yard.arrives(of)
    assert (await out(yard, of)).held
    await yard.looked_at(of, found={"grade": "worn"})
    await settled_later(yard)
    assert (await out(yard, of)).state is OrderState.CANCELLED
    assert (await yard.back(of.id)).wish is Wish.REFUND
    await yard.in_order()


async def offered(yard: Yard, ref: str) -> str | None:
    """Why it is not offered; "unrelated" when it is not even shown."""
    actor, order_id = await yard.actor(ref)
    subject = Subject(About.ORDER, UUID(str(order_id)))
    found = await yard.db.run(actor, lambda tx: actions.offers(tx, yard.catalogue, actor, subject))
    offer = next((one for one in found if one.action == "order.exchange"), None)
    if offer is None:
        return "unrelated"
    return offer.refusal.code if offer.refusal else None


async def test_it_is_offered_where_there_is_another_variant(yard: Yard) -> None:
    assert await offered(yard, CLOTHES) is None
    assert await offered(yard, VACUUM) == "unrelated"


@pytest.mark.usefixtures("careful")
async def test_units_are_exchanged_once(yard: Yard) -> None:
    await exchange(yard, **LARGER)
    with pytest.raises(Refused) as refused:
        await ask(yard, **LARGER)
    assert refused.value.code in {"unknown_line", "field_unknown"}
    checks = (queries.misfolded, queries.uncounted)
    assert [await yard.db.run(SYSTEM, check) for check in checks] == [[], []]


async def test_everything_of_an_order_is_exchanged_at_once_by_a_customer_we_know(yard: Yard) -> None:
    """What was paid has left with the new goods; should the old ones never come, the same payment is charged again."""
    sweater = await exchange(yard, **LARGER)
    shirts = await exchange(yard, **LARGER | {"items": {"2": "TSHIRT-L"}})
    assert [of.refund_on for of in (sweater, shirts)] == ["now", "now"]
    assert await yard.db.run(SYSTEM, queries.left_lying) == []
    _, order_id = await yard.actor(CLOTHES)
    held = await yard.db.run(SYSTEM, lambda tx: advances_of_order(tx, SYSTEM, order_id))
    assert sorted((one.amount.amount, one.goods) for one in held) == [(5980, True), (9900, True)]
    for of, number in ((sweater, "440000000015"), (shirts, "440000000026")):
        await yard.on_its_way(of, number)
        await yard.arrives(of)
        await yard.looked_at(of)
        assert (await yard.back(of.id)).state is ReturnState.SETTLED
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_what_a_leader_rejects_after_the_new_goods_went_is_left_as_it_is(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    await yard.arrives(of)
    assert not (await out(yard, of)).held
    await yard.looked_at(of, acceptance="manual", disposition="back_to_customer")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="rejected", note="着用の跡があります。")
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    assert await paid(yard) == 0
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_who_calls_off_what_went_out_is_paid_by_the_new_order_alone(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    await yard.arrives(of)
    new = await out(yard, of)
    actor, _ = await yard.actor(CLOTHES)
    order_id = await yard.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", new.ref))
    assert order_id
    quote = await yard.quote(actor, order_id, "order.cancel")
    assert quote.draft.slip.total == yen(9900)
    await yard.confirm(actor, quote)
    await yard.work()
    await yard.looked_at(of)
    assert (await yard.back(of.id)).wish is Wish.EXCHANGE
    assert await paid(yard) == 0
    await yard.in_order()


@pytest.mark.usefixtures("careful")
async def test_the_new_order_says_what_it_waits_for(yard: Yard) -> None:
    of = await exchange(yard, **LARGER)
    new = await out(yard, of)
    card = order_card(of.id, new, clock.now(), "Asia/Tokyo")
    assert [fact.words.key for fact in card.facts if isinstance(fact.words, Said)] == ["orders.card.exchange.held"]
    assert card.held
    await yard.arrives(of)
    card = order_card(of.id, await out(yard, of), clock.now(), "Asia/Tokyo")
    assert [fact.words.key for fact in card.facts if isinstance(fact.words, Said)] == ["orders.card.exchange.out"]
    assert not card.held


@pytest.mark.usefixtures("careful")
@pytest.mark.parametrize("change", [{"flags": ("custom",)}, {"is_gift": True}, {"is_business": True}])
async def test_what_is_set_aside_is_given_up_whatever_it_is(yard: Yard, change: dict[str, Any]) -> None:
    of = await exchange(yard, **LARGER)
    new = await out(yard, of)
    if "flags" in change:
        new = replace(new, lines=tuple(replace(line, **change) for line in new.lines))
    else:
        new = replace(new, **change)
    pack = await yard.db.run(SYSTEM, lambda tx: rules_of(tx, "demo"))

    def may_go(order: StoreOrder) -> bool:
        question = about_change(ChangeWish.CANCEL, order, clock.now())
        return decide_change(pack, question).verdict is Verdict.ALLOW

    assert new.held
    assert may_go(new)
    assert not may_go(replace(new, held=False))

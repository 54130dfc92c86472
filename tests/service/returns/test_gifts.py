"""A present goes back without whoever gave it: its code, its return, and the money on the recipient's own balance."""

from datetime import timedelta
from typing import Any

import pytest

from bench.presents import wrapped
from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Slip
from madoguchi.core.gifts.queries import gifts_of
from madoguchi.core.gifts.rules import TRIES, WITHIN, Gift
from madoguchi.core.ledger.intents.queries import access_intent, intents_in, intents_of
from madoguchi.core.ledger.intents.rules import IntentState, Rail
from madoguchi.core.ledger.queries import returns_opened_at
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.queries import customer_by_ref
from madoguchi.core.requests.queries import Quote, Request, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop.queries import customer_facts
from madoguchi.edge.stores.demo import queries as store_queries
from madoguchi.edge.stores.demo import rules
from madoguchi.edge.stores.demo import verbs as store_verbs
from madoguchi.edge.stores.demo.people import ICHIRO, MISAKI, NAOKI, Person, Story
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.verbs import Step
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.rules import Kind
from madoguchi.service.receipts.verbs import Wanted, issue
from madoguchi.service.returns import gifting, warehouse
from madoguchi.service.returns.label import label
from madoguchi.service.returns.queries import returns_of_order
from madoguchi.service.returns.rules import ReturnState
from tests.service.returns.conftest import Yard
from tests.service.returns.test_telling import due as due
from tests.service.returns.test_telling import told as told

CLOTHES = "MD-10233915"  # a sweater at 9,900 yen and two T-shirts, by card
SWEATER = {"lines": {"1": 1}, "reason": "size", "condition": "unopened"}
UNWANTED = {"lines": {"2": 1}, "reason": "no_longer_needed", "condition": "unopened", "method": "own"}


async def signed_in(yard: Yard, who: Person) -> Actor:
    found = await yard.db.run(SYSTEM, lambda tx: customer_by_ref(tx, "demo", who.customer.ref))
    assert found
    return Actor(role=Role.CUSTOMER, id=found.id, level=Level.SIGNED_IN, store_id="demo", session=ids.uuid7())


async def delivered(yard: Yard, ref: str) -> None:
    """An order has come, all of it."""

    async def bring(tx: Tx) -> None:
        order = await store_queries.locked_order(tx, DEMO.id, ref)
        assert order
        came = rules.arrived(rules.sent(order, rules.wanted(order, None), tx.now - timedelta(days=6)), tx.now)
        await store_verbs.write(tx, DEMO, [Step(order, came)], tx.now)

    await yard.store_db.run(SYSTEM, bring)


async def shows(yard: Yard, actor: Actor, code: str) -> Gift:
    """Somebody shows a code."""
    assert actor.id
    owner = actor.id
    return await yard.db.run(actor, lambda tx: gifting.redeemed(tx, actor, owner, code))


async def got(yard: Yard, who: Person = NAOKI, ref: str = CLOTHES) -> tuple[Actor, Gift]:
    """Somebody got an order as a present, and showed its code."""
    actor = await signed_in(yard, who)
    return actor, await shows(yard, actor, await wrapped(yard.db, yard.store_db, yard.store, ref))


async def asks(yard: Yard, actor: Actor, gift: Gift, **told: Any) -> Quote:
    return await yard.asks(actor, "gift.return", gift_id=str(gift.id), **(told or SWEATER))


async def sends(yard: Yard, actor: Actor, gift: Gift, **told: Any) -> Request:
    request = await yard.confirm(actor, await asks(yard, actor, gift, **told))
    await yard.work()
    return await yard.settled(request)


async def balance(yard: Yard, actor: Actor) -> Money:
    """What somebody's gift balance holds."""
    assert actor.id
    owner = actor.id
    facts = await yard.db.run(actor, lambda tx: customer_facts(tx, actor, owner))
    (held,) = [one.balance for one in facts.methods if one.method_ref == "gift_balance"]
    assert held is not None
    return held


# --- the code


async def test_a_code_is_understood_as_people_type_it_and_known_once(yard: Yard) -> None:
    code = await wrapped(yard.db, yard.store_db, yard.store, CLOTHES)
    actor = await signed_in(yard, NAOKI)
    first = await shows(yard, actor, code)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for typed in (code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ", wide, code.replace("0", "O")):
        assert await shows(yard, actor, typed) == first
    assert first.number.startswith("P-")
    assert first.customer_id == actor.id


async def test_a_code_that_nobody_knows_leaves_nothing_and_can_be_tried_a_few_times(yard: Yard) -> None:
    code = await wrapped(yard.db, yard.store_db, yard.store, CLOTHES)
    actor = await signed_in(yard, NAOKI)
    assert actor.id
    owner = actor.id
    for _ in range(TRIES):
        with pytest.raises(Refused, match="gift_code_unknown"):
            await shows(yard, actor, "7QK2-M90X-TV4A")
    with pytest.raises(Refused, match="gift_tries"):
        await shows(yard, actor, code)
    assert await yard.db.run(actor, lambda tx: gifts_of(tx, actor, owner)) == []
    assert await shows(yard, await signed_in(yard, ICHIRO), code)  # others are not held up
    with yard.later(WITHIN), pytest.raises(Refused, match="gift_taken"):
        await shows(yard, actor, code)


async def test_whoever_gave_it_returns_it_as_an_order(yard: Yard) -> None:
    code = await wrapped(yard.db, yard.store_db, yard.store, CLOTHES)
    with pytest.raises(Refused, match="gift_own") as refused:
        await shows(yard, await signed_in(yard, MISAKI), code)
    assert refused.value.parameters["alternatives"] == ("return.start",)


async def test_a_code_that_another_account_has_shown_is_for_a_person(yard: Yard) -> None:
    _, gift = await got(yard)
    other = await signed_in(yard, ICHIRO)
    with pytest.raises(Refused, match="gift_taken") as refused:
        await shows(yard, other, await wrapped(yard.db, yard.store_db, yard.store, CLOTHES))
    assert refused.value.parameters["alternatives"] == ("service.human",)
    with pytest.raises(Refused, match="not_found"):
        await asks(yard, other, gift)


# --- the return


async def test_a_present_comes_back_and_is_paid_to_the_balance_of_whoever_got_it(yard: Yard) -> None:
    actor, gift = await got(yard)
    before = await balance(yard, actor)
    quote = await asks(yard, actor, gift)
    assert (quote.customer_id, quote.order_id) == (actor.id, None)
    request = await sends(yard, actor, gift)
    assert (request.state, request.order_id, request.order_ref) == (RequestState.DONE, None, gift.number)
    of = await yard.back(request.id)
    assert (of.customer_id, of.state, of.called) == (actor.id, ReturnState.APPROVED, gift.number)
    assert (await yard.held(CLOTHES))["1"].return_open == 1
    await yard.on_its_way(of)
    assert (await yard.back(of.id)).state is ReturnState.IN_TRANSIT
    await yard.arrives(of)
    await yard.refund()
    await mirror.follow(yard.db, yard.store)
    assert await balance(yard, actor) == before + Money(9900, "JPY")
    assert actor.id
    owner = actor.id
    (intent,) = await yard.db.run(actor, lambda tx: intents_of(tx, actor, owner))
    assert (intent.state, intent.destination) == (IntentState.SUCCEEDED, Destination.RECIPIENT)
    await yard.looked_at(of)
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    held = (await yard.held(CLOTHES))["1"]
    assert (held.returned, held.refunded, held.free) == (1, 1, 0)
    await yard.in_order()


async def test_the_slips_tell_what_one_gets_and_no_price(yard: Yard) -> None:
    actor, gift = await got(yard)
    quote = await asks(yard, actor, gift, lines={"1": 1, "2": 1}, reason="size", condition="unopened")
    fields = await yard.db.run(
        actor,
        lambda tx: actions.fields(tx, actor, yard.catalogue.actions["gift.return"], Subject(About.GIFT, gift.id)),
    )
    assert [option.amount for option in fields[0].options] == [None, None]
    request = await sends(yard, actor, gift)
    await yard.on_its_way(await yard.back(request.id))
    await yard.arrives(await yard.back(request.id))
    settled = await yard.newest_of(actor)
    assert settled.action == "return.settle"
    assert settled.outcome
    for slip in (quote.draft.slip, settled.outcome.slip):
        assert isinstance(slip, Slip)
        assert slip.order_ref == gift.number
        assert [line.amount for line in slip.lines] == [slip.total]
        (back,) = slip.money
        assert (back.label, back.amount, back.destination) == ("", slip.total, Destination.RECIPIENT)


async def test_whoever_gave_it_hears_nothing_and_cannot_return_the_same(yard: Yard) -> None:
    actor, gift = await got(yard)
    giver, order_id = await yard.actor(CLOTHES)
    of = await yard.back((await sends(yard, actor, gift)).id)
    with pytest.raises(Refused, match="unknown_line"):
        await yard.quote(giver, order_id, "order.return", **SWEATER)
    await yard.on_its_way(of)
    await yard.arrives(of)
    await yard.refund()
    assert await yard.db.run(giver, lambda tx: returns_of_order(tx, giver, order_id)) == []
    assert await yard.intents(CLOTHES) == []
    assert await yard.db.run(SYSTEM, lambda tx: returns_opened_at(tx, order_id)) is None
    assert giver.id
    owner = giver.id
    assert await yard.db.run(giver, lambda tx: intents_of(tx, giver, owner)) == []
    with pytest.raises(Refused, match="receipt_nothing_returned"):
        await yard.db.run(giver, lambda tx: issue(tx, giver, order_id, Wanted(kind=Kind.CREDIT_NOTE, addressee="佐藤")))
    for action, raw in (
        ("gift.return", {"gift_id": str(gift.id), **SWEATER}),
        ("return.cancel", {"return_id": str(of.id)}),
    ):
        with pytest.raises(Refused, match="not_found"):
            await yard.asks(giver, action, **raw)


async def test_the_label_names_whoever_sends_it(yard: Yard) -> None:
    actor, gift = await got(yard)
    request = await sends(yard, actor, gift)
    slip = (await yard.db.run(actor, lambda tx: label(tx, actor, request.id, "ja"))).label
    assert slip.sender[1] == NAOKI.customer.name
    assert slip.facts[0] == ("ギフト番号", gift.number)


async def test_a_present_can_be_kept_after_all(yard: Yard) -> None:
    actor, gift = await got(yard)
    of = await yard.back((await sends(yard, actor, gift)).id)
    quote = await yard.asks(actor, "return.cancel", return_id=str(of.id))
    assert quote.draft.slip.order_ref == gift.number
    await yard.confirm(actor, quote)
    await yard.work()
    assert (await yard.back(of.id)).state is ReturnState.CANCELLED
    assert (await yard.held(CLOTHES))["1"].free == 1
    await yard.in_order()


async def test_it_comes_back_as_late_as_any_return(yard: Yard) -> None:
    actor, gift = await got(yard)
    with yard.later(timedelta(days=40)), pytest.raises(Refused, match="return_late"):
        await asks(yard, actor, gift)


async def test_what_was_paid_in_several_ways_is_one_amount_to_whoever_got_it(yard: Yard) -> None:
    mixed = MISAKI.order(Story.CANCELLABLE)  # by gift balance, points and card
    await delivered(yard, mixed)
    actor, gift = await got(yard, ICHIRO, mixed)
    before = await balance(yard, actor)
    of = await yard.back((await sends(yard, actor, gift, lines={"1": 1}, reason="defective")).id)
    await yard.on_its_way(of)
    await yard.arrives(of)
    await yard.refund()
    await mirror.follow(yard.db, yard.store)
    assert actor.id
    owner = actor.id
    (told,) = await yard.db.run(actor, lambda tx: intents_of(tx, actor, owner))
    parts = await yard.db.run(SYSTEM, lambda tx: intents_in(tx, [IntentState.SUCCEEDED], Rail.STORE))
    assert {part.tender_kind for part in parts} == {"gift_balance", "points", "card"}
    assert told.amount == total([part.amount for part in parts], "JPY") == await balance(yard, actor) - before
    assert (await yard.db.run(actor, lambda tx: access_intent(tx, actor, parts[-1].id))).amount == told.amount
    await yard.looked_at(of)
    await yard.in_order()


@pytest.mark.parametrize("known", [True, False])
async def test_what_goes_back_of_a_present_never_goes_to_whoever_gave_it(yard: Yard, *, known: bool) -> None:
    actor, gift = await got(yard)  # the order went to the giver's own address
    if not known:
        forget = "update customer_facts set document = document - 'address' where customer_id = %s"
        await yard.db.run(SYSTEM, lambda tx: tx.execute(forget, [actor.id]))
    of = await yard.back((await sends(yard, actor, gift, **UNWANTED)).id)
    (unit,) = await yard.units(of.id)
    await yard.arrives(of, units={str(unit.id): "wrong_item"})
    receivers = "select string_agg(document::text, '') from carrier_consignments"
    told = await yard.db.run(SYSTEM, lambda tx: tx.value(receivers))
    assert (NAOKI.customer.name in (told or ""), (told is None)) == (known, not known)
    assert MISAKI.customer.name not in (told or "")


HOME = {"name": "高橋 直樹", "postal_code": "060-0001", "region": "北海道", "city": "札幌市", "lines": ["中央区1-2"]}


async def test_whoever_got_a_present_is_asked_where_it_goes_back_to(yard: Yard, told: list[CustomerNews]) -> None:
    """Once, by letter and page; it lies on the warehouse's list until then, and nobody else tells."""
    actor, gift = await got(yard)
    forget = "update customer_facts set document = document - 'address' where customer_id = %s"
    await yard.db.run(SYSTEM, lambda tx: tx.execute(forget, [actor.id]))
    of = await yard.back((await sends(yard, actor, gift, **UNWANTED)).id)
    subject = Subject(About.RETURN, of.id)
    found = await yard.db.run(actor, lambda tx: actions.offers(tx, yard.catalogue, actor, subject))
    assert "return.address" not in [one.action for one in found]
    (unit,) = await yard.units(of.id)
    await yard.arrives(of, units={str(unit.id): "wrong_item"})
    await yard.time_passes(timedelta(days=1))
    assert [one.customer_id for one in told if one.template == "return_address"] == [actor.id]
    door = await yard.worker()
    (lying,) = await yard.db.run(door, lambda tx: warehouse.to_hand_over(tx, door))
    assert (lying.reference, lying.asked_at is not None, len(lying.units)) == (of.number, True, 1)
    giver, _ = await yard.actor(CLOTHES)
    with pytest.raises(Refused, match="not_found"):
        await yard.acts(giver, "return.address", return_id=str(of.id), address=HOME)
    with pytest.raises(Refused, match="postal_code"):
        await yard.acts(actor, "return.address", return_id=str(of.id), address=HOME | {"postal_code": "1"})
    await yard.acts(actor, "return.address", return_id=str(of.id), address=HOME)
    to = await yard.db.run(SYSTEM, lambda tx: tx.value("select document -> 'receiver' from carrier_consignments"))
    assert (to["postal_code"], to["city"]) == ("060-0001", "札幌市")
    (going,) = await yard.db.run(door, lambda tx: warehouse.to_hand_over(tx, door))
    assert going.asked_at is None
    with pytest.raises(Refused, match="return_address_known"):
        await yard.acts(actor, "return.address", return_id=str(of.id), address=HOME)
    await yard.in_order()

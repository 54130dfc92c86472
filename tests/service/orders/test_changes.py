"""Changing the address, the variants and the payment of an order: who may, what it costs, and that it happens once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop.queries import customer_facts
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.service.orders.changing import done, form, offered, order_of, quote
from tests.service.orders.shop import Shop

MIXED, CARD, UNPAID = "MD-10234602", "MD-10234606", "MD-10234571"
CHAIR = "MD-10234608"  # two chairs that come in other colours, paid with points and a card
LATE, DELIVERED, CANCELLED, GIFT, DIGITAL = "MD-10234567", "MD-10233915", "MD-10234102", "MD-10234583", "MD-10234421"
PREPARING, PREPARING_TOO_LATE, PARTLY = "MD-10234520", "MD-10234511", "MD-10234480"
NEW_ADDRESS = {
    "name": "佐藤 美咲",
    "postal_code": "１５０－０００１",
    "region": "東京都",
    "city": "渋谷区",
    "lines": ["神宮前1-2-3", "コーポ青葉 201"],
    "country": "JP",
}


async def another_variant(demo: Shop, ref: str) -> tuple[str, str, Money]:
    """A line of the order, another variant that it can become, and the difference."""
    for line in (await form(demo, ref, "order.change_items"))["items"].options:
        for option in line.options:
            if option.refusal is None and option.amount is not None:
                return line.value, option.value, option.amount
    raise LookupError(f"{ref} has no line with another variant")


# -- the matrix


@pytest.mark.parametrize(
    ("ref", "address", "items", "payment"),
    [
        (UNPAID, None, None, None),
        (CARD, None, "unrelated", "unrelated"),  # it comes in one kind only, and the customer has no other method
        (CHAIR, None, None, "payment_not_single"),
        (PREPARING, None, "items_too_late", "payment_too_late"),
        (LATE, "asks_carrier", "items_too_late", "payment_too_late"),
        (DELIVERED, "address_delivered", "items_delivered", "payment_too_late"),
        (GIFT, "change_asks_person", "change_asks_person", "payment_too_late"),
        (PARTLY, None, None, "payment_too_late"),
        (MIXED, None, None, "payment_not_single"),
    ],
)
async def test_what_can_be_changed_is_offered_and_the_rest_says_why(
    demo: Shop, ref: str, address: str | None, items: str | None, payment: str | None
) -> None:
    told = {action: refusal.code if refusal else None for action, refusal in (await offered(demo, ref)).items()}
    assert [told.get(f"order.change_{what}", "unrelated") for what in ("address", "items", "payment")] == [
        address,
        items,
        payment,
    ]


async def test_of_a_cancelled_order_only_the_same_again_is_offered(demo: Shop) -> None:
    assert await offered(demo, CANCELLED) == {"order.reorder": None}
    with pytest.raises(Refused, match="order_cancelled"):
        await quote(demo, CANCELLED, "order.change_address", address=NEW_ADDRESS)


# -- address


async def test_the_parcel_goes_to_the_new_address(demo: Shop) -> None:
    request = await done(demo, CARD, "order.change_address", address=NEW_ADDRESS)
    assert request.state is RequestState.DONE
    address = (await order_of(demo, CARD)).address
    assert (address.postal_code, address.city, address.lines) == (
        "150-0001",
        "渋谷区",
        ("神宮前1-2-3", "コーポ青葉 201"),
    )
    await demo.healthy()


async def test_the_slip_shows_both_addresses(demo: Shop) -> None:
    slip = (await quote(demo, CARD, "order.change_address", address=NEW_ADDRESS)).draft.slip
    assert [fact.label.key for fact in slip.facts] == ["orders.address.new", "orders.address.old"]
    assert "神宮前1-2-3" in str(slip.facts[0].words)
    assert slip.total == Money(0, "JPY")


async def test_of_a_partly_shipped_order_the_rest_goes_to_the_new_address(demo: Shop) -> None:
    """And the slip says which part that is, by the rule for it."""
    sent, here = sorted((await order_of(demo, PARTLY)).lines, key=lambda line: -line.shipped)
    assert (bool(sent.shipped), here.shipped) == (True, 0)
    held = await quote(demo, PARTLY, "order.change_address", address=NEW_ADDRESS)
    slip = held.draft.slip
    told = [fact.label.key for fact in slip.facts]
    assert told[2:] == ["orders.address.goods", "orders.address.sent"]
    assert here.name in str(slip.facts[2].words)
    assert slip.rule
    assert slip.next_step
    assert (slip.rule.key, slip.next_step.key) == ("orders.rule.address.at_once", "orders.address.next.rest")
    assert held.draft.line_refs == (here.ref,)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"country": "US"}, "address_country"), ({"postal_code": "15"}, "postal_code"), ({"name": ""}, "field_missing")],
)
async def test_an_address_that_cannot_be_is_refused(demo: Shop, change: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await quote(demo, CARD, "order.change_address", address=NEW_ADDRESS | change)
    assert refused.value.code == code


async def test_the_same_address_is_no_change(demo: Shop) -> None:
    same = msgspec.to_builtins((await order_of(demo, CARD)).address)
    with pytest.raises(Refused) as refused:
        await quote(demo, CARD, "order.change_address", address=same)
    assert refused.value.code == "address_same"


async def test_the_warehouse_is_asked_for_another_address(demo: Shop, now: datetime) -> None:
    states = {}
    for ref in (PREPARING, PREPARING_TOO_LATE):
        request = await done(demo, ref, "order.change_address", address=NEW_ADDRESS)
        assert request.state is RequestState.ASKED
        states[ref] = request
    with clock.frozen(now + timedelta(minutes=1)):
        await demo.store.tick(clock.now())
        await demo.work()
        assert (await demo.settled(states[PREPARING])).state is RequestState.DONE
        late = await demo.settled(states[PREPARING_TOO_LATE])
        assert (late.state, late.outcome and late.outcome.code) == (RequestState.FAILED, "store_too_late")
        await demo.healthy()


# -- variants


async def test_another_variant_settles_the_difference(demo: Shop) -> None:
    line, sku, difference = await another_variant(demo, CHAIR)
    before = await order_of(demo, CHAIR)
    request = await done(demo, CHAIR, "order.change_items", items={line: sku})
    assert request.state is RequestState.DONE
    after = await order_of(demo, CHAIR)
    assert next(one for one in after.lines if one.ref == line).sku == sku
    assert after.total - before.total == difference
    await demo.healthy()


async def test_the_quote_tells_what_is_paid_or_given_back(demo: Shop) -> None:
    line, sku, difference = await another_variant(demo, CHAIR)
    slip = (await quote(demo, CHAIR, "order.change_items", items={line: sku})).draft.slip
    assert [one.amount for one in slip.lines] == [difference]
    assert sum(c.amount.amount for c in slip.charges) - slip.total.amount == difference.amount


async def test_points_do_not_become_gift_balance(demo: Shop) -> None:
    """I5: what becomes cheaper goes to gift balance from the card alone."""
    line, cheaper, difference = await another_variant(demo, CHAIR)
    assert difference.amount < 0
    request = await done(demo, CHAIR, "order.change_items", items={line: cheaper}, method_ref="gift_balance")
    assert request.state is RequestState.DONE
    given = {str(tender.kind): tender.refunded for tender in (await order_of(demo, CHAIR)).tenders}
    assert given == {"points": Money(0, "JPY"), "card": -difference}
    await demo.healthy()


@pytest.mark.parametrize(
    ("items", "code"),
    [({"9": "X"}, "unknown_line"), ({"1": "NO-SUCH"}, "field_unknown"), ({}, "field_missing"), ("x", "field_invalid")],
)
async def test_variants_that_are_not_there_are_refused(demo: Shop, items: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await quote(demo, CHAIR, "order.change_items", items=items)
    assert refused.value.code == code


async def test_a_line_of_which_units_were_cancelled_stays_as_it_is(demo: Shop) -> None:
    """The shop would refuse it after the customer had agreed."""
    line, sku, _ = await another_variant(demo, CHAIR)
    await demo.store.cancel("elsewhere", CHAIR, (await order_of(demo, CHAIR)).version, {line: 1}, "other")
    await mirror.follow(demo.db, demo.store)
    with pytest.raises(Refused) as refused:
        await quote(demo, CHAIR, "order.change_items", items={line: sku})
    assert refused.value.code == "variant_line_cancelled"


async def test_a_method_of_somebody_else_is_unknown(demo: Shop) -> None:
    line, sku, _ = await another_variant(demo, CHAIR)
    with pytest.raises(Refused) as refused:
        await quote(demo, CHAIR, "order.change_items", items={line: sku}, method_ref="nobodys")
    assert refused.value.code == "field_unknown"


# -- payment


async def test_the_old_payment_goes_back_and_the_new_one_is_taken(demo: Shop) -> None:
    options = (await form(demo, UNPAID, "order.change_payment"))["method_ref"].options
    before = await order_of(demo, UNPAID)
    method = next(option.value for option in options if option.refusal is None)
    request = await done(demo, UNPAID, "order.change_payment", method_ref=method)
    assert request.state is RequestState.DONE
    after = await order_of(demo, UNPAID)
    old, new = after.tenders[0], after.tenders[-1]
    assert (old.captured, old.refunded, old.pay_by) == (Money(0, "JPY"), Money(0, "JPY"), None)
    assert (new.method_ref, new.captured) == (method, before.total)
    await demo.healthy()


async def test_no_money_back_is_promised_where_nothing_was_paid(demo: Shop) -> None:
    options = (await form(demo, UNPAID, "order.change_payment"))["method_ref"].options
    method = next(option.value for option in options if option.refusal is None)
    slip = (await quote(demo, UNPAID, "order.change_payment", method_ref=method)).draft.slip
    assert slip.next_step
    assert slip.next_step.key == "orders.payment.next.unpaid"


async def test_what_holds_too_little_is_no_method_to_choose(demo: Shop) -> None:
    actor, order_id = await demo.actor(CARD)
    facts = await demo.db.run(actor, lambda tx: customer_facts(tx, actor, actor.id or order_id))
    total = (await order_of(demo, CARD)).total
    able = [one.method_ref for one in facts.methods if one.balance is None or one.balance >= total]
    assert len(able) < len(facts.methods)
    options = (await form(demo, CARD, "order.change_payment"))["method_ref"].options
    assert [option.value for option in options] == able
    for short in {one.method_ref for one in facts.methods} - set(able):
        with pytest.raises(Refused, match="balance_too_low"):
            await demo.quote(actor, order_id, "order.change_payment", method_ref=short)


async def test_the_same_method_is_no_change(demo: Shop) -> None:
    own = (await order_of(demo, CARD)).tenders[0].method_ref
    with pytest.raises(Refused) as refused:
        await quote(demo, CARD, "order.change_payment", method_ref=own)
    assert refused.value.code == "payment_same"


# -- once, whatever happens


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)], ids=str)
async def test_a_difference_is_settled_once_whatever_happens(demo: Shop, now: datetime, faults: Faults) -> None:
    line, sku, difference = await another_variant(demo, CHAIR)
    before = await order_of(demo, CHAIR)
    actor, order_id = await demo.actor(CHAIR)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, "order.change_items", items={line: sku}))
    await demo.work(faults)
    with clock.frozen(now + timedelta(minutes=2)):
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
        assert (await order_of(demo, CHAIR)).total - before.total == difference
        await demo.healthy()


async def test_of_two_wishes_at_once_one_is_taken_up(demo: Shop) -> None:
    line, sku, _ = await another_variant(demo, CHAIR)
    actor, order_id = await demo.actor(CHAIR)
    quotes = [
        await demo.quote(actor, order_id, "order.change_items", items={line: sku}),
        await demo.quote(actor, order_id, "order.change_address", address=NEW_ADDRESS),
        await demo.quote(actor, order_id, "order.cancel"),
    ]
    answers = await asyncio.gather(*(demo.confirm(actor, one) for one in quotes), return_exceptions=True)
    assert sum(isinstance(answer, Request) for answer in answers) == 1
    assert {a.code for a in answers if isinstance(a, Refused)} <= {"change_open", "units_taken", "money_taken"}
    await demo.work()
    await demo.healthy()


async def test_an_order_that_changed_is_quoted_again(demo: Shop) -> None:
    actor, order_id = await demo.actor(CHAIR)
    held = await demo.quote(actor, order_id, "order.change_address", address=NEW_ADDRESS)
    order = await order_of(demo, CHAIR)
    await demo.store.cancel("elsewhere", CHAIR, order.version, {"1": 1}, "other")
    await mirror.follow(demo.db, demo.store)
    with pytest.raises(Refused) as refused:
        await demo.confirm(actor, held)
    assert refused.value.code == "order_changed"
    assert await demo.db.run(SYSTEM, lambda tx: tx.value("select count(*) from requests")) == 0

"""Parcels that did not come: believed, waited for, sent again or refunded, and never twice."""

import asyncio
from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.ledger.intents.rules import IntentState
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import RequestState
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.money import Money
from madoguchi.service.claims.jobs import AGAIN, Sweeper
from madoguchi.service.claims.rules import ClaimState
from tests.service.claims.conftest import PLACES, Street
from tests.service.orders.shop import SIGNER

DELIVERED = "MD-10233915"  # a week ago: a sweater and two T-shirts, paid by card
LATE = "MD-10234567"  # two days past the promised day
ON_ITS_WAY = "MD-10234360"
FIVE = timedelta(days=5)


async def offered(street: Street, ref: str) -> dict[str, str | None]:
    """What can be claimed about the first parcel of an order, with the codes of what cannot."""
    actor, order_id = await street.actor(ref)
    subject = Subject(About.PARCEL, order_id, (await street.parcel(ref)).ref)
    found = await street.db.run(actor, lambda tx: actions.offers(tx, street.catalogue, actor, subject))
    claims = (offer for offer in found if offer.action.startswith("parcel."))
    return {offer.action: offer.refusal.code if offer.refusal else None for offer in claims}


async def test_what_can_be_claimed_depends_on_where_the_parcel_is(street: Street) -> None:
    assert await offered(street, DELIVERED) == {"parcel.not_received": None, "parcel.misdelivered": None}
    assert await offered(street, LATE) == {"parcel.late": "claim_wait_late"}
    with street.later(timedelta(days=2)):
        assert (await offered(street, LATE))["parcel.late"] is None


async def test_a_missing_parcel_is_sent_again(street: Street) -> None:
    before = await street.orders(DELIVERED)
    quote = await street.missing(DELIVERED)
    slip = quote.draft.slip
    assert (slip.title.key, slip.rule and slip.rule.key) == ("claims.title.resend", "claims.rule.believed")
    request = await street.agree(DELIVERED, quote)
    assert request.state is RequestState.DONE
    (new,) = set(await street.orders(DELIVERED)) - set(before)
    order = await street.store.get_order(new)
    assert order
    assert (order.replaces, order.total) == (DELIVERED, Money(0, "JPY"))
    assert request.outcome
    assert request.outcome.slip
    assert request.outcome.slip.facts[0].words == new
    assert (await street.claim(request)).state is ClaimState.DONE
    held = (await street.held(DELIVERED)).values()
    assert all((line.kept, line.refunded, line.free) == (line.ordered, 0, 0) for line in held)
    await street.balanced()


async def test_or_refunded_with_what_sending_it_cost(street: Street) -> None:
    order = await street.store.get_order(DELIVERED)
    assert order
    quote = await street.missing(DELIVERED, "refund")
    assert quote.draft.slip.total == order.total
    assert quote.draft.slip.fees == order.shipping_fee
    request = await street.agree(DELIVERED, quote)
    assert request.state is RequestState.DONE
    assert [(one.amount, one.state) for one in await street.intents(DELIVERED)] == [(order.total, IntentState.RESERVED)]
    held = (await street.held(DELIVERED)).values()
    assert all((line.kept, line.refunded) == (line.ordered, line.ordered) for line in held)
    await street.balanced()


@pytest.mark.parametrize("first", ["resend", "refund"])
@pytest.mark.parametrize("second", ["resend", "refund"])
async def test_a_parcel_is_made_good_once(street: Street, first: str, second: str) -> None:
    await street.agree(DELIVERED, await street.missing(DELIVERED, first))
    for action, more in (("parcel.not_received", {"checked": PLACES}), ("parcel.misdelivered", {})):
        with pytest.raises(Refused) as refused:
            await street.tell(DELIVERED, action, remedy=second, **more)
        assert refused.value.code == "claim_settled"
    await street.balanced()


async def test_everything_is_looked_at_first(street: Street) -> None:
    with pytest.raises(Refused) as refused:
        await street.missing(DELIVERED, checked=PLACES[:-1])
    assert refused.value.code == "claim_check_first"


async def test_somebody_elses_parcel_is_not_there(street: Street) -> None:
    stranger, _ = await street.actor(ON_ITS_WAY)
    _, order_id = await street.actor(DELIVERED)
    parcel = await street.parcel(DELIVERED)
    with pytest.raises(Refused) as refused:
        await street.quote(
            stranger, order_id, "parcel.not_received", parcel_ref=parcel.ref, remedy="refund", checked=PLACES
        )
    assert refused.value.status == 404
    own, own_order = await street.actor(ON_ITS_WAY)
    with pytest.raises(Refused) as refused:
        await street.quote(own, own_order, "parcel.late", parcel_ref="no such parcel", remedy="refund")
    assert refused.value.status == 404


async def test_a_double_click_is_one_claim(street: Street) -> None:
    actor, _ = await street.actor(DELIVERED)
    quote = await street.missing(DELIVERED)
    first, second = await asyncio.gather(street.confirm(actor, quote), street.confirm(actor, quote))
    assert first.id == second.id
    before = await street.orders(DELIVERED)
    await street.work()
    assert len(await street.orders(DELIVERED)) == len(before) + 1


async def test_of_two_quotes_one_is_carried_out(street: Street) -> None:
    actor, _ = await street.actor(DELIVERED)
    quotes = [await street.missing(DELIVERED, "resend"), await street.missing(DELIVERED, "refund")]
    ends = await asyncio.gather(*(street.confirm(actor, quote) for quote in quotes), return_exceptions=True)
    assert sum(isinstance(end, Refused) for end in ends) == 1
    await street.work()
    await street.balanced()


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0)])
async def test_a_lost_answer_sends_it_once(street: Street, faults: Faults) -> None:
    actor, _ = await street.actor(DELIVERED)
    before = await street.orders(DELIVERED)
    request = await street.confirm(actor, await street.missing(DELIVERED))
    await street.work(faults)
    assert (await street.settled(request)).settled_at is None
    with street.later(timedelta(minutes=2)):
        await street.work()
        assert (await street.settled(request)).state is RequestState.DONE
    assert len(await street.orders(DELIVERED)) == len(before) + 1
    await street.balanced()


async def test_a_parcel_past_the_promised_day_is_made_good_at_once(street: Street) -> None:
    with street.later(timedelta(days=2)):
        quote = await street.tell(LATE, "parcel.late", remedy="refund")
        assert quote.draft.approval is None
        request = await street.agree(LATE, quote)
        assert request.state is RequestState.DONE


# --- waiting


async def delivery(street: Street) -> timedelta:
    """How long from now until the parcel on its way is scanned as delivered."""
    with street.later(FIVE):
        await street.pass_on()
    delivered_at = (await street.parcel(ON_ITS_WAY)).delivered_at
    assert delivered_at
    return delivered_at - clock.now()


async def test_it_is_waited_for_and_then_what_was_promised_happens(street: Street) -> None:
    scan = await delivery(street)
    with street.later(scan + timedelta(hours=3)) as now:
        quote = await street.missing(ON_ITS_WAY, "resend")
        assert quote.draft.slip.title.key == "claims.title.waiting"
        request = await street.agree(ON_ITS_WAY, quote)
        claim = await street.claim(request)
        assert (claim.state, claim.due_at) == (ClaimState.WAITING, now + timedelta(hours=45))
        assert (await offered(street, ON_ITS_WAY))["parcel.not_received"] == "claim_waiting"
        before = await street.orders(ON_ITS_WAY)
        await street.sweep()
        assert await street.orders(ON_ITS_WAY) == before
    with street.later(scan + timedelta(hours=49)):
        await street.sweep()
        await street.sweep()
        again = await street.newest(ON_ITS_WAY)
        assert (again.action, again.state) == ("parcel.not_received", RequestState.DONE)
        assert again.id != request.id
        assert (await street.claim(again)).id == claim.id
        assert len(await street.orders(ON_ITS_WAY)) == len(before) + 1
        await street.balanced()


async def test_a_parcel_that_turns_up_ends_the_wait(street: Street) -> None:
    scan = await delivery(street)
    with street.later(scan + timedelta(hours=3)):
        await street.agree(ON_ITS_WAY, await street.missing(ON_ITS_WAY))
        request = await street.agree(ON_ITS_WAY, await street.tell(ON_ITS_WAY, "parcel.found"))
        assert request.state is RequestState.DONE
        before = await street.orders(ON_ITS_WAY)
    with street.later(scan + timedelta(hours=49)):
        await street.sweep()
        assert await street.orders(ON_ITS_WAY) == before
        assert (await offered(street, ON_ITS_WAY))["parcel.not_received"] is None


async def test_what_was_settled_otherwise_is_not_sent_again(street: Street) -> None:
    """While the parcel is waited for, its goods turn out to be broken and are refunded."""
    scan = await delivery(street)
    actor, order_id = await street.actor(ON_ITS_WAY)
    with street.later(scan + timedelta(hours=3)):
        waiting = await street.agree(ON_ITS_WAY, await street.missing(ON_ITS_WAY))
        await street.agree(
            ON_ITS_WAY, await street.quote(actor, order_id, "item.refund", lines={"1": 1}, problem="damaged")
        )
        before = await street.orders(ON_ITS_WAY)
    with street.later(scan + timedelta(hours=49)):
        await street.sweep()
        assert (await street.claim(waiting)).state is ClaimState.OVERTAKEN
        assert await street.orders(ON_ITS_WAY) == before
        await street.balanced()


async def test_something_else_under_way_only_delays_the_promise(street: Street) -> None:
    scan = await delivery(street)
    actor, order_id = await street.actor(ON_ITS_WAY)
    with street.later(scan + timedelta(hours=3)):
        waiting = await street.agree(ON_ITS_WAY, await street.missing(ON_ITS_WAY))
    with street.later(scan + timedelta(hours=49)):
        other = await street.confirm(
            actor, await street.quote(actor, order_id, "item.replace", lines={"1": 1}, problem="damaged")
        )
        await Sweeper(street.db, street.catalogue, SIGNER).sweep(Nothing())
        claim = await street.claim(waiting)
        assert (claim.state, claim.due_at) == (ClaimState.WAITING, clock.now() + AGAIN)
        await street.db.run(actor, lambda tx: requests.withdraw(tx, street.catalogue, actor, other.id))
    with street.later(scan + timedelta(hours=50)):
        await street.sweep()
        assert (await street.newest(ON_ITS_WAY)).action == "parcel.not_received"
        await street.balanced()


async def test_what_is_out_of_stock_can_be_refunded_instead(street: Street) -> None:
    await street.store_db.run(SYSTEM, lambda tx: tx.execute("update variants set stock = 0 where shop_id = 'demo'"))
    request = await street.agree(DELIVERED, await street.missing(DELIVERED))
    assert (request.state, request.outcome and request.outcome.code) == (RequestState.FAILED, "store_unavailable")
    assert (await street.claim(request)).state is ClaimState.FAILED
    assert all(line.free == line.ordered for line in (await street.held(DELIVERED)).values())
    again = await street.agree(DELIVERED, await street.missing(DELIVERED, "refund"))
    assert again.state is RequestState.DONE
    await street.balanced()

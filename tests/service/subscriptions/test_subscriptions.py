"""Memberships and regular deliveries: who may, what comes back, when it ends, and that it happens once."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Card, TextCard
from madoguchi.core.ledger.intents.queries import intents_of, uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.people import queries as people
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import Quote, Request, RequestState, requests_of
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import End, Subscription
from madoguchi.core.shop.queries import customer_facts, orders_of
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Database
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from madoguchi.kit.security import Vault
from tests.service.orders.shop import Shop

USED, DELIVERY, JUST_JOINED, UNUSED = "SUB-1000", "SUB-1001", "SUB-1002", "SUB-1003"


class Club(Shop):
    """Customers of the demo shop with what they subscribed to."""

    async def member(self, ref: str) -> Actor:
        """Whose subscription it is, signed in."""
        person = next(p for p in PEOPLE if any(one.ref == ref for one in p.subscriptions))
        customer = await self.db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, "demo", person.customer.ref))
        assert customer
        return Actor(role=Role.CUSTOMER, id=customer.id, level=Level.SIGNED_IN, store_id="demo", session=ids.uuid7())

    async def one(self, ref: str) -> Subscription:
        """The subscription as the store has it."""
        person = next(p for p in PEOPLE if any(one.ref == ref for one in p.subscriptions))
        customer = await self.store.get_customer(person.customer.ref)
        assert customer
        return next(one for one in customer.subscriptions if one.ref == ref)

    async def ask(self, ref: str, action: str, **more: object) -> tuple[Actor, Quote]:
        actor = await self.member(ref)
        return actor, await self.ask_as(actor, ref, action, **more)

    async def ask_as(self, actor: Actor, ref: str, action: str, **more: object) -> Quote:
        raw = {"subscription_ref": ref, **more}
        return await self.db.run(actor, lambda tx: requests.quote(tx, self.catalogue, actor, action, raw))

    async def done(self, ref: str, action: str, **more: object) -> Request:
        """Quoted, confirmed and worked on."""
        request = await self.confirm(*await self.ask(ref, action, **more))
        await self.work()
        return await self.settled(request)

    async def look(self, actor: Actor, name: str, raw: Mapping[str, Any]) -> Card:
        return await self.db.run(actor, lambda tx: actions.run(tx, self.catalogue, actor, name, raw))

    async def owed(self, actor: Actor) -> dict[UUID, Money]:
        """What goes back to a customer, by request."""
        assert actor.id
        owner = actor.id
        rows = await self.db.run(actor, lambda tx: intents_of(tx, actor, owner))
        return {row.request_id: row.amount for row in rows}

    async def told(self, ref: str) -> str:
        """The key of the sentence in which the customer is told of the one subscription that they have."""
        actor = await self.member(ref)
        card = await self.look(actor, "subscription.list", {"customer_id": actor.id})
        assert isinstance(card, TextCard)
        (line,) = card.lines
        return line.key

    async def offers(self, ref: str) -> dict[str, str | None]:
        actor = await self.member(ref)
        assert actor.id
        subject = Subject(About.SUBSCRIPTION, actor.id, ref)
        found = await self.db.run(actor, lambda tx: actions.offers(tx, self.catalogue, actor, subject))
        return {offer.action: offer.refusal.code if offer.refusal else None for offer in found}


@pytest.fixture
def club(shop_dbs: tuple[Database, Database]) -> Club:
    return Club(*shop_dbs, catalogue(Vault(bytes(32))))


async def healthy(club: Club) -> None:
    await mirror.follow(club.db, club.store)
    for check in (unbalanced, drifted, uncovered):
        assert await club.db.run(SYSTEM, check) == []


# -- what is offered


@pytest.mark.parametrize(
    ("ref", "possible"),
    [
        (JUST_JOINED, {"subscription.change_plan", "subscription.cancel"}),
        (DELIVERY, {"subscription.skip", "subscription.change_interval", "subscription.cancel"}),
    ],
)
async def test_what_this_kind_of_subscription_knows_is_offered(club: Club, ref: str, possible: set[str]) -> None:
    assert await club.offers(ref) == dict.fromkeys(possible)


async def test_nothing_is_offered_for_what_has_ended(club: Club) -> None:
    await club.done(JUST_JOINED, "subscription.cancel")
    assert await club.offers(JUST_JOINED) == {}


# -- ending


async def test_who_joined_by_accident_gets_everything_back(club: Club) -> None:
    actor, quote = await club.ask(JUST_JOINED, "subscription.cancel", reason="by_mistake")
    before = await club.one(JUST_JOINED)
    slip = quote.draft.slip
    assert slip.total == before.price
    assert slip.rule
    assert slip.rule.key == "policy.said.subscriptions.accidental"
    request = await club.confirm(actor, quote)
    await club.work()
    assert (await club.settled(request)).state is RequestState.DONE
    assert (await club.one(JUST_JOINED)).state == "ended"
    assert await club.owed(actor) == {request.id: before.price}
    await healthy(club)


async def test_an_unused_period_is_given_back_in_full(club: Club) -> None:
    _, quote = await club.ask(UNUSED, "subscription.cancel", reason="by_mistake")  # but the days for that are over
    assert quote.draft.slip.total == (await club.one(UNUSED)).price
    assert quote.draft.slip.rule
    assert quote.draft.slip.rule.key == "policy.said.subscriptions.unused"


async def test_a_used_period_is_given_back_by_its_days(club: Club) -> None:
    _, quote = await club.ask(USED, "subscription.cancel")
    one = await club.one(USED)  # 18 of 30 days are over, and today counts as used
    assert quote.draft.slip.total == Money(one.price.amount * 11 // 30, "JPY")
    assert quote.draft.slip.rule
    assert quote.draft.slip.rule.key == "policy.said.subscriptions.pro_rata"


async def test_at_its_renewal_it_ends_without_money(club: Club) -> None:
    request = await club.done(USED, "subscription.cancel", when="renewal")
    assert request.state is RequestState.DONE
    assert request.order_id is None
    assert (await club.one(USED)).state == "ends_at_renewal"
    assert await club.owed(await club.member(USED)) == {}


async def test_what_ends_at_its_renewal_can_still_be_ended_now(club: Club) -> None:
    await club.done(USED, "subscription.cancel", when="renewal")
    assert (await club.offers(USED))["subscription.change_plan"] == "subscription_ends"
    assert (await club.done(USED, "subscription.cancel")).state is RequestState.DONE
    assert (await club.one(USED)).state == "ended"
    await healthy(club)


async def test_a_regular_delivery_ends_and_its_goods_stay_paid(club: Club) -> None:
    request = await club.done(DELIVERY, "subscription.cancel")
    assert request.state is RequestState.DONE
    assert (await club.one(DELIVERY)).state == "ended"
    assert await club.owed(await club.member(DELIVERY)) == {}


async def test_the_decision_is_kept_with_its_inputs(club: Club) -> None:
    _, quote = await club.ask(USED, "subscription.cancel")
    decision = quote.draft.decision
    assert decision
    assert decision.rules == ("subscriptions.pro_rata",)


# -- changes


async def test_the_next_delivery_is_left_out(club: Club) -> None:
    before = (await club.one(DELIVERY)).next_delivery_at
    assert before
    assert (await club.done(DELIVERY, "subscription.skip")).state is RequestState.DONE
    assert (await club.one(DELIVERY)).next_delivery_at == before + timedelta(weeks=4)


async def test_it_is_too_late_when_the_delivery_is_being_packed(club: Club) -> None:
    before = (await club.one(DELIVERY)).next_delivery_at
    assert before
    with clock.frozen(before - timedelta(days=2)):
        assert (await club.offers(DELIVERY))["subscription.skip"] == "subscription_too_late"
        with pytest.raises(Refused, match="subscription_too_late"):
            await club.ask(DELIVERY, "subscription.skip")


async def test_another_interval(club: Club) -> None:
    await club.done(DELIVERY, "subscription.change_interval", interval="weeks:8")
    assert (await club.one(DELIVERY)).interval == "weeks:8"


@pytest.mark.parametrize("interval", ["weeks:4", "weeks:3", "", "month"])
async def test_only_other_intervals_that_are_offered(club: Club, interval: str) -> None:
    with pytest.raises(Refused):
        await club.ask(DELIVERY, "subscription.change_interval", interval=interval)


async def test_another_plan(club: Club) -> None:
    before = await club.one(JUST_JOINED)
    await club.done(JUST_JOINED, "subscription.change_plan", plan="MEMBER-MONTH")
    assert await club.one(JUST_JOINED) == msgspec.structs.replace(before, next_plan_ref="MEMBER-MONTH")
    await healthy(club)
    assert await club.told(JUST_JOINED) == "memberships.told.next_plan"


async def test_another_plan_is_taken_back_before_it_begins(club: Club) -> None:
    before = await club.one(JUST_JOINED)
    await club.done(JUST_JOINED, "subscription.change_plan", plan="MEMBER-MONTH")
    await healthy(club)
    with pytest.raises(Refused):
        await club.ask(JUST_JOINED, "subscription.change_plan", plan="MEMBER-MONTH")
    await club.done(JUST_JOINED, "subscription.change_plan", plan="MEMBER-YEAR")
    assert await club.one(JUST_JOINED) == before


# -- renewing


async def test_the_mirror_follows_a_renewal(club: Club) -> None:
    before = await club.one(DELIVERY)
    assert before.renews_at
    with clock.frozen(before.renews_at):
        await club.store.tick(before.renews_at)
        await healthy(club)
        actor = await club.member(DELIVERY)
        assert actor.id
        owner = actor.id
        newest = (await club.db.run(actor, lambda tx: orders_of(tx, owner, limit=1)))[0]
        after = await club.one(DELIVERY)
        assert (newest.store_ref, newest.document.subscription_ref) == (after.order_ref, DELIVERY)
        facts = await club.db.run(actor, lambda tx: customer_facts(tx, actor, owner))
        assert after in facts.subscriptions
        assert (await club.offers(DELIVERY))["subscription.skip"] is None


async def test_what_was_not_paid_is_told_and_can_only_be_ended(club: Club) -> None:
    before = await club.one(UNUSED)
    assert before.renews_at
    declines = """update payment_methods set details = details || '{"declines": true}' where ref = 'card'"""
    await club.store_db.run(SYSTEM, lambda tx: tx.execute(declines))
    with clock.frozen(before.renews_at + timedelta(days=1)):
        await club.store.tick(clock.now())
        await healthy(club)
        assert await club.told(UNUSED) == "memberships.told.past_due"
        assert await club.offers(UNUSED) == {
            "subscription.change_plan": "subscription_past_due",
            "subscription.cancel": None,
        }
        _, quote = await club.ask(UNUSED, "subscription.cancel")
        assert quote.draft.slip.money == (), "the period that was paid is over, the next was never paid"
        await club.done(UNUSED, "subscription.cancel")
        await healthy(club)
        assert (await club.one(UNUSED)).state == "ended"


# -- whose, and once


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("subscription.skip", {}),
        ("subscription.cancel", {"when": "now"}),
        ("subscription.change_plan", {"plan": "MEMBER-MONTH"}),
        ("subscription.change_interval", {"interval": "weeks:2"}),
    ],
)
async def test_what_others_have_is_invisible(club: Club, action: str, given: dict[str, str]) -> None:
    other, owner = await club.member(USED), await club.member(JUST_JOINED)
    for whose in ({}, {"customer_id": owner.id}):
        with pytest.raises(Refused) as refused:
            await club.ask_as(other, JUST_JOINED, action, **given, **whose)
        assert refused.value.status == 404
    stranger = Subject(About.CUSTOMER, owner.id or ids.uuid7())
    for name in ("subscription.list", "balance.show"):
        with pytest.raises(Refused) as refused:
            await club.look(other, name, stranger.arguments)
        assert refused.value.status == 404


async def test_a_double_click_is_one_wish(club: Club) -> None:
    actor, quote = await club.ask(DELIVERY, "subscription.skip")
    before = (await club.one(DELIVERY)).next_delivery_at
    assert before
    first, second = await asyncio.gather(club.confirm(actor, quote), club.confirm(actor, quote))
    assert first.id == second.id
    await club.work()
    assert (await club.one(DELIVERY)).next_delivery_at == before + timedelta(weeks=4)


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_tabs_one_wins(club: Club, together: bool) -> None:
    actor, first = await club.ask(JUST_JOINED, "subscription.cancel")
    second = await club.ask_as(actor, JUST_JOINED, "subscription.cancel", when="renewal")
    if together:
        found = await asyncio.gather(club.confirm(actor, first), club.confirm(actor, second), return_exceptions=True)
        assert [getattr(one, "code", "") for one in found if isinstance(one, Refused)] == ["subject_open"]
    else:
        await club.confirm(actor, first)
        await club.work()
        with pytest.raises(Refused, match="subscription_changed"):
            await club.confirm(actor, second)
    await club.work()
    assert actor.id
    owner = actor.id
    assert len(await club.db.run(actor, lambda tx: requests_of(tx, owner))) == 1
    await healthy(club)


async def test_nothing_else_is_quoted_while_a_change_is_under_way(club: Club) -> None:
    await club.confirm(*await club.ask(DELIVERY, "subscription.skip"))
    with pytest.raises(Refused, match="subject_open"):
        await club.ask(DELIVERY, "subscription.cancel")
    assert set((await club.offers(DELIVERY)).values()) == {"subject_open"}


async def test_a_lost_reply_ends_it_once_and_pays_once(club: Club) -> None:
    actor, quote = await club.ask(JUST_JOINED, "subscription.cancel")
    request = await club.confirm(actor, quote)
    await club.work(Faults(lost=1.0))
    assert (await club.settled(request)).settled_at is None
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        await club.work()
    assert (await club.settled(request)).state is RequestState.DONE
    assert list(await club.owed(actor)) == [request.id]
    await healthy(club)


async def test_what_the_store_does_not_do_frees_the_money(club: Club) -> None:
    actor, quote = await club.ask(JUST_JOINED, "subscription.cancel")
    request = await club.confirm(actor, quote)
    await club.store.cancel_subscription("by the shop itself", JUST_JOINED, End.NOW)
    await club.work()
    settled = await club.settled(request)
    assert settled.outcome
    assert (settled.state, settled.outcome.code) == (RequestState.FAILED, "store_invalid")
    assert await club.owed(actor) == {}
    await healthy(club)


# -- look-ups


async def test_look_ups_tell_the_next_days_and_what_is_held(club: Club) -> None:
    actor = await club.member(USED)
    for name, keys in (
        ("subscription.list", ["memberships.told.renews", "memberships.told.delivery"]),
        ("balance.show", ["memberships.balance"] * 2),
    ):
        card = await club.look(actor, name, {})
        assert isinstance(card, TextCard)
        assert [line.key for line in card.lines] == keys

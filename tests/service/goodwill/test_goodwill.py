"""Goodwill: within one's own limits at once, above them with somebody else's word, and never past them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.cases.rules import Kind
from madoguchi.core.ledger.credits import verbs as credits
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop.port import Capability
from madoguchi.edge.stores.demo import store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.service.goodwill.desk import Desk

MISAKI = "MD-10233915"
KENTA = "MD-10234590"
CASE, YEAR, DAY = 3000, 10_000, 15_000  # an associate's limits
LEADERS_CASE = 20_000


# -- within one's own limits


async def test_within_the_limits_it_is_given_at_once(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    held = await desk.credit(MISAKI)
    request = await desk.grant(aoi, case, CASE, note="二度も遅れたため")
    assert request.state is RequestState.DONE
    assert await desk.credit(MISAKI) == held + CASE
    (grant,) = await desk.granted(MISAKI)
    assert (grant.amount, grant.reason, grant.given_by) == (Money(CASE, "JPY"), "apology", "田中 葵")
    await desk.sound()


async def test_the_customer_reads_how_much_and_not_what_staff_wrote(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    misaki, _ = await desk.actor(MISAKI)
    quote = await desk.ask(aoi, case, CASE, note="二度も遅れたため")
    assert "二度も遅れたため" in str(quote.draft.slip)
    await desk.confirm(aoi, quote)
    await desk.work()
    (told,) = [entry for entry in await desk.timeline(misaki, case) if entry.kind is Kind.ACTION]
    assert "goodwill.credit" in str(told.body)
    assert "二度も遅れたため" not in str(told.body)
    assert "policy.said.goodwill" not in str(told.body)


async def test_the_form_says_how_much_one_may_grant_alone(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    await desk.grant(aoi, case, 1000)
    entry = desk.catalogue.actions["goodwill.grant"]
    fields = await desk.db.run(aoi, lambda tx: actions.fields(tx, aoi, entry, Subject(About.CASE, case)))
    amount, reason, order, _ = fields
    assert amount.hint
    assert amount.hint.parameters == {"amount": {"amount": CASE - 1000, "currency": "JPY"}}
    assert [option.value for option in reason.options] == ["apology", "late", "poor_service", "loyalty"]
    assert order.default in {option.value for option in order.options}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": "0"}, "field_amount"),
        ({"amount": "-100"}, "field_amount"),
        ({"amount": "NaN"}, "field_amount"),
        ({"amount": "100001"}, "field_amount"),
        ({"amount": {"amount": 100, "currency": "USD"}}, "field_amount"),
        ({"amount": ""}, "field_missing"),
        ({"reason": "because"}, "field_unknown"),
        ({"note": "あ" * 501}, "field_too_long"),
        ({"order": "01234567-0000-7000-8000-000000000000"}, "field_unknown"),
    ],
)
async def test_what_makes_no_sense_is_refused(desk: Desk, given: dict[str, Any], code: str) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    with pytest.raises(Refused) as refused:
        await desk.ask(aoi, case, 100, **given)
    assert refused.value.code == code
    assert await desk.granted(MISAKI) == []


async def test_a_full_width_amount_is_understood(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    quote = await desk.ask(aoi, case, 0, amount="１，５００円")
    assert quote.draft.plan["amount"] == {"amount": 1500, "currency": "JPY"}


@pytest.mark.parametrize("faults", [Faults(timed_out=1.0), Faults(lost=1.0), Faults(twice=1.0)])
async def test_it_is_given_once_whatever_the_store_does(desk: Desk, faults: Faults) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    held = await desk.credit(MISAKI)
    request = await desk.confirm(aoi, await desk.ask(aoi, case, 500))
    await desk.work(faults)
    with desk.later(timedelta(minutes=2)):
        await desk.work()
    assert (await desk.settled(request)).state is RequestState.DONE
    assert await desk.credit(MISAKI) == held + 500
    await desk.sound()


async def test_what_was_given_stays_given_whatever_is_said_again(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    request = await desk.grant(aoi, case, 500)
    booked = "select state || ' ' || outside_ref from ledger_credits where request_id = %s"
    before = await desk.db.run(SYSTEM, lambda tx: tx.value(booked, [request.id]))
    await desk.db.run(SYSTEM, lambda tx: credits.release(tx, request.id))
    await desk.db.run(SYSTEM, lambda tx: credits.settle(tx, request.id, "CR-2"))
    assert before.startswith("given ")
    assert await desk.db.run(SYSTEM, lambda tx: tx.value(booked, [request.id])) == before
    with pytest.raises(psycopg.errors.UniqueViolation):
        await desk.db.run(SYSTEM, lambda tx: credits.reserve(tx, request.id, request.customer_id, Money(1, "JPY")))


# -- for whom it is


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.BOT])
async def test_for_a_customer_and_the_bot_it_does_not_exist(desk: Desk, role: Role) -> None:
    case = await desk.case(MISAKI)
    misaki, _ = await desk.actor(MISAKI)
    actor = Actor(role=role, id=misaki.id, level=misaki.level, store_id="demo", session=misaki.session)
    with pytest.raises(Refused) as refused:
        await desk.ask(actor, case, 100)
    assert (refused.value.code, refused.value.status) == ("unknown_action", 404)


async def test_the_order_is_one_of_the_customers(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    _, order_id = await desk.actor(KENTA)
    with pytest.raises(Refused, match="field_unknown"):
        await desk.ask(aoi, case, 100, order=str(order_id))


# -- above them


async def test_above_it_waits_for_a_leader(desk: Desk) -> None:
    aoi, ken, case = await desk.hire(), await desk.hire(Role.LEADER), await desk.case(MISAKI)
    held = await desk.credit(MISAKI)
    quote = await desk.ask(aoi, case, CASE + 1)
    assert quote.draft.approval
    assert (quote.draft.approval.role, quote.draft.approval.worth) == (Role.LEADER, Money(CASE + 1, "JPY"))
    request = await desk.confirm(aoi, quote)
    await desk.work()
    assert (await desk.settled(request)).state is RequestState.NEEDS_APPROVAL
    assert (await desk.granted(MISAKI), await desk.credit(MISAKI)) == ([], held)
    assert (await desk.approve(ken, request)).state is RequestState.DONE
    (grant,) = await desk.granted(MISAKI)
    assert grant.given_by == "鈴木 健"
    assert await desk.credit(MISAKI) == held + CASE + 1
    await desk.sound()


async def test_declined_nobody_but_staff_hears_of_it(desk: Desk) -> None:
    aoi, ken, case = await desk.hire(), await desk.hire(Role.LEADER), await desk.case(MISAKI)
    misaki, _ = await desk.actor(MISAKI)
    before = await desk.timeline(misaki, case)
    request = await desk.confirm(aoi, await desk.ask(aoi, case, CASE + 1))
    await desk.decline(ken, request, "まず配送会社に確認しましょう")
    await desk.work()
    assert await desk.timeline(misaki, case) == before
    words = str([entry.body for entry in await desk.timeline(aoi, case)])
    assert "cases.approval.asked.leader" in words
    assert "まず配送会社に確認しましょう" in words
    assert await desk.granted(MISAKI) == []
    await desk.sound()


async def test_what_is_above_everybody_is_refused(desk: Desk) -> None:
    mori, case = await desk.hire(Role.ADMIN), await desk.case(MISAKI)
    await desk.grant(mori, case, 90_000)
    with pytest.raises(Refused, match="goodwill_above_all"):
        await desk.ask(await desk.hire(), case, 90_000)


async def test_one_who_may_grant_less_asks_a_higher_role(desk: Desk) -> None:
    ken, case = await desk.hire(Role.LEADER), await desk.case(MISAKI)
    quote = await desk.ask(ken, case, LEADERS_CASE + 1)
    assert quote.draft.approval
    assert quote.draft.approval.role is Role.ADMIN


async def test_the_limits_are_looked_at_again_when_it_is_approved(desk: Desk) -> None:
    """Meanwhile the customer was given so much in this case that a leader may not add to it."""
    aoi, ken, mori = await desk.hire(), await desk.hire(Role.LEADER), await desk.hire(Role.ADMIN)
    case = await desk.case(MISAKI)
    request = await desk.confirm(aoi, await desk.ask(aoi, case, LEADERS_CASE))
    await desk.grant(mori, case, 1)
    with pytest.raises(Refused) as refused:
        await desk.approve(ken, request)
    assert refused.value.code == "goodwill_above_yours"
    assert refused.value.parameters["amount"] == Money(LEADERS_CASE - 1, "JPY")
    assert (await desk.settled(request)).state is RequestState.NEEDS_APPROVAL
    assert (await desk.approve(mori, request)).state is RequestState.DONE
    await desk.sound()


# -- splitting does not help


async def test_a_case_has_one_limit(desk: Desk) -> None:
    aoi, oliver, case = await desk.hire(), await desk.hire(), await desk.case(MISAKI)
    await desk.grant(aoi, case, CASE - 100)
    assert (await desk.ask(aoi, case, 100)).draft.approval is None
    assert (await desk.ask(oliver, case, 101)).draft.approval


async def test_a_customer_has_one_limit_a_year(desk: Desk) -> None:
    """Over several cases, from several people; after a year it begins again."""
    for _ in range(YEAR // CASE):
        await desk.grant(await desk.hire(), await desk.case(MISAKI), CASE)
    aoi, case, left = await desk.hire(), await desk.case(MISAKI), YEAR % CASE
    assert (await desk.ask(aoi, case, left)).draft.approval is None
    assert (await desk.ask(aoi, case, left + 1)).draft.approval
    with desk.later(timedelta(days=366)):
        assert (await desk.ask(aoi, case, CASE)).draft.approval is None


async def test_a_giver_has_one_limit_a_day(desk: Desk) -> None:
    """Over several customers; on the shop's next day it begins again."""
    aoi = await desk.hire()
    refs = ["MD-10234102", KENTA, MISAKI, "MD-10234360", "MD-10234567"]
    owners: dict[UUID, str] = {}
    for ref in refs:
        owners.setdefault(await desk.owner(ref), ref)
    for ref in owners.values():
        for _ in range(DAY // CASE // len(owners) + 1):
            quote = await desk.ask(aoi, await desk.case(ref), CASE)
            if quote.draft.approval is None:
                await desk.confirm(aoi, quote)
    await desk.work()
    given = await desk.db.run(
        SYSTEM, lambda tx: tx.value("select sum(amount) from goodwill_grants where given_by = %s", [aoi.id])
    )
    assert given <= DAY
    rest = DAY - int(given)
    case = await desk.case(KENTA)
    assert (await desk.ask(aoi, case, rest + 1)).draft.approval
    with desk.later(timedelta(days=1)):
        assert (await desk.ask(aoi, case, min(rest + 1, 1000))).draft.approval is None


@pytest.mark.parametrize("same_giver", [True, False])
async def test_of_two_at_once_only_what_the_limit_holds(desk: Desk, same_giver: bool) -> None:
    case, aoi = await desk.case(MISAKI), await desk.hire()
    givers = [aoi, aoi if same_giver else await desk.hire()]
    quotes = [await desk.ask(giver, case, 2000) for giver in givers]
    made = await asyncio.gather(
        *(desk.confirm(giver, quote) for giver, quote in zip(givers, quotes, strict=True)), return_exceptions=True
    )
    (refused,) = [one for one in made if isinstance(one, Refused)]
    assert (refused.code, refused.parameters) == ("goodwill_moved", {"amount": Money(CASE - 2000, "JPY")})
    await desk.work()
    assert [grant.minor for grant in await desk.granted(MISAKI)] == [2000]
    await desk.sound()


async def test_what_the_store_does_not_give_does_not_count(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    unable = msgspec.structs.replace(DEMO, can=DEMO.can - {Capability.ISSUE_CREDIT})
    monkeypatch.setattr(store, "SHOPS", {DEMO.id: unable})
    request = await desk.grant(aoi, case, CASE)
    assert request.state is RequestState.FAILED
    assert request.outcome
    assert request.outcome.code == "store_not_supported"
    assert (await desk.ask(aoi, case, CASE)).draft.approval is None
    await desk.sound()


async def test_who_confirms_a_colleagues_quote_does_so_within_their_own_limits(desk: Desk) -> None:
    """A leader's quote lies open in the case; an associate who finds it grants no more by it."""
    aoi, ken, case = await desk.hire(), await desk.hire(Role.LEADER), await desk.case(MISAKI)
    quote = await desk.ask(ken, case, CASE + 1)
    lent = Actor(role=aoi.role, id=aoi.id, store_id="demo", session=ken.session, name=aoi.name)
    with pytest.raises(Refused, match="goodwill_moved"):
        await desk.confirm(lent, quote)
    assert await desk.granted(MISAKI) == []


async def test_a_shop_that_grants_none_is_not_asked(desk: Desk) -> None:
    aoi, case = await desk.hire(), await desk.case(MISAKI)
    subject = Subject(About.CASE, case)
    offered = await desk.db.run(aoi, lambda tx: actions.offers(tx, desk.catalogue, aoi, subject))
    assert [offer.action for offer in offered] == ["goodwill.grant"]
    await desk.db.run(SYSTEM, lambda tx: tx.execute("update stores set rule_pack = 'tau-retail' where id = 'demo'"))
    offered = await desk.db.run(aoi, lambda tx: actions.offers(tx, desk.catalogue, aoi, subject))
    assert offered == []

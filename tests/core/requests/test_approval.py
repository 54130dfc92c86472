"""A wish beyond what its actor may grant: it waits, somebody else decides, and until it begins it can be withdrawn."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Need, Role
from madoguchi.core.actions.catalogue import Action, Catalogue, Change
from madoguchi.core.actions.rules import Approval, Draft, Effect, Outcome, Said, Settled, Slip, Wish
from madoguchi.core.people import verbs as people
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.requests import queries
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.jobs import Executor
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.kit.security import Signer

SIGNER = Signer(b"k" * 32)
ACTION = "goodwill.grant"


class Grant(msgspec.Struct, frozen=True):
    """How much; above 1,000 yen a leader has to agree."""

    amount: int
    subject: str = "goodwill"


class Till:
    """A room with one change of its own, which notes what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.limit = 5000

    def catalogue(self) -> Catalogue:
        change = Change(draft=self.draft, begin=self.begin, perform=None, settle=self.settle, approve=self.approve)
        return Catalogue(
            [Action(name=ACTION, effect=Effect.CHANGE, arguments=Grant, need=Need(Level.PROVEN), change=change)]
        )

    async def draft(self, tx: Tx, actor: Actor, arguments: Any) -> Draft:
        yen = Money(arguments.amount, "JPY")
        slip = Slip(title=Said("t"), order_ref="", lines=(), money=(), total=yen)
        approval = Approval(Role.LEADER, Said("t")) if arguments.amount > 1000 else None
        return Draft(slip=slip, plan={"amount": arguments.amount}, subject=arguments.subject, approval=approval)

    async def begin(self, tx: Tx, wish: Wish) -> None:
        self.told.append("begin")

    async def approve(self, tx: Tx, actor: Actor, wish: Wish) -> None:
        if wish.plan["amount"] > self.limit:
            raise Refused("money_taken", 409)

    async def settle(self, tx: Tx, wish: Wish, operation: Operation) -> Outcome:
        self.told.append(f"{operation.state} {wish.subject}")
        done = operation.state is OperationState.SUCCEEDED
        return Outcome(state=Settled.DONE if done else Settled.FAILED, code=None if done else "store_failed")


class Stage(msgspec.Struct, frozen=True):
    """A customer, and three of the staff."""

    db: Database
    till: Till
    customer_id: UUID
    associate: Actor
    leader: Actor
    other_leader: Actor

    async def wish(self, amount: int, actor: Actor | None = None, subject: str = "goodwill") -> Request:
        """A confirmed wish of the associate's for the customer."""
        catalogue, actor = self.till.catalogue(), actor or self.associate

        async def work(tx: Tx) -> Request:
            raw = {"amount": amount, "subject": subject}
            made = await requests.quote(tx, catalogue, actor, ACTION, raw, customer_id=self.customer_id)
            token = requests.confirmation_token(SIGNER, actor, made, clock.now())
            return await requests.confirm(tx, catalogue, SIGNER, actor, made.id, token)

        return await self.db.run(actor, work)

    async def approve(self, actor: Actor, request: Request) -> Request:
        return await self.db.run(
            actor, lambda tx: approvals.approve(tx, self.till.catalogue(), actor, request.id, "よろしい")
        )

    async def decline(self, actor: Actor, request: Request, note: str = "説明が足りません") -> Request:
        return await self.db.run(
            actor, lambda tx: approvals.decline(tx, self.till.catalogue(), actor, request.id, note)
        )

    async def withdraw(self, actor: Actor, request: Request) -> Request:
        return await self.db.run(actor, lambda tx: requests.withdraw(tx, self.till.catalogue(), actor, request.id))

    async def work(self) -> None:
        executor = Executor(self.db, self.till.catalogue(), {})
        await jobs.run_due(self.db, {execution.EXECUTE: jobs.Duty(executor.execute, execution.Execute)})

    async def now(self, request: Request) -> Request:
        return await self.db.run(SYSTEM, lambda tx: queries.access_request(tx, SYSTEM, request.id))


@pytest.fixture
async def stage(db: Database, now: datetime) -> Stage:
    async def hire(tx: Tx, role: Role) -> Actor:
        email = f"{ids.uuid7()}@example.jp"
        person = await add_staff(
            tx, email=email, name="山田", role=role, locale="ja", languages=["ja"], password_hash=None
        )
        return Actor(role=role, id=person, session=ids.uuid7())

    async def work(tx: Tx) -> Stage:
        await shop.add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        facts = CustomerFacts(
            ref="C-1", name="佐藤", kana="", given_name="", family_name="", email="m@example.jp", phone=None,
            locale="ja", version=1,
        )  # fmt: skip
        await people.remember_customer(tx, "demo", facts)
        customer = await tx.value("select id from customers")
        staff = [await hire(tx, role) for role in (Role.ASSOCIATE, Role.LEADER, Role.LEADER)]
        return Stage(db, Till(), customer, *staff)

    return await db.run(SYSTEM, work)


async def test_below_the_limit_nobody_is_asked(stage: Stage) -> None:
    request = await stage.wish(1000)
    assert (request.state, request.subject) == (RequestState.CONFIRMED, "goodwill")
    await stage.work()
    assert (await stage.now(request)).state is RequestState.DONE
    assert stage.till.told == ["begin", "succeeded goodwill"]


async def test_above_the_limit_it_waits_for_a_leader(stage: Stage) -> None:
    request = await stage.wish(2000)
    await stage.work()
    assert (await stage.now(request)).state is RequestState.NEEDS_APPROVAL
    assert await stage.db.run(SYSTEM, queries.left_open) == []
    approved = await stage.approve(stage.leader, request)
    assert (approved.state, approved.decided_by) == (RequestState.CONFIRMED, stage.leader.id)
    await stage.work()
    assert (await stage.now(request)).state is RequestState.DONE
    assert stage.till.told == ["begin", "succeeded goodwill"]


async def test_nobody_grants_their_own_wish(stage: Stage) -> None:
    request = await stage.wish(2000, stage.leader)
    with pytest.raises(Refused, match="approval_own"):
        await stage.approve(stage.leader, request)
    assert await stage.db.run(stage.leader, lambda tx: queries.awaiting_approval(tx, stage.leader)) == []
    assert len(await stage.db.run(SYSTEM, lambda tx: queries.awaiting_approval(tx, stage.other_leader))) == 1
    assert (await stage.approve(stage.other_leader, request)).state is RequestState.CONFIRMED


async def test_what_others_decide_takes_no_place_in_ones_own_list(stage: Stage) -> None:
    """Nor what one asked for: however much of it waits, one's own work is found, and all of it is counted."""
    above, own, mine = [
        await stage.wish(2000, who, f"s:{n}") for n, who in enumerate((stage.associate, stage.leader, stage.associate))
    ]
    await stage.db.run(
        SYSTEM, lambda tx: tx.execute("update requests set approval_role = 'admin' where id = %s", [above.id])
    )

    async def work(tx: Tx) -> tuple[list[UUID], list[UUID], int]:
        waiting = await queries.awaiting_approval(tx, stage.leader, limit=1)
        asked = await queries.asked_approval(tx, stage.leader, limit=1)
        return [one.id for one in waiting], [one.id for one in asked], await queries.count_approvals(tx, stage.leader)

    assert await stage.db.run(stage.leader, work) == ([mine.id], [own.id], 2)


async def test_what_was_decided_is_found_by_whoever_asked_and_whoever_decided(stage: Stage) -> None:
    first, second = await stage.wish(2000, None, "s:1"), await stage.wish(2000, stage.leader, "s:2")
    await stage.approve(stage.leader, first)
    await stage.decline(stage.other_leader, second)
    earlier = "update requests set decided_at = decided_at - interval '1 minute' where id = %s"
    await stage.db.run(SYSTEM, lambda tx: tx.execute(earlier, [first.id]))

    async def decided(actor: Actor, limit: int = 10) -> list[UUID]:
        found = await stage.db.run(actor, lambda tx: queries.decided_approvals(tx, actor, limit))
        return [one.id for one in found]

    assert await decided(stage.leader) == [second.id, first.id]
    assert await decided(stage.leader, limit=1) == [second.id]
    assert await decided(stage.associate) == [first.id]
    assert await decided(stage.other_leader) == [second.id]


async def test_what_was_decided_is_looked_up_and_not_searched_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(tx: Tx) -> str:
        plans: list[str] = []

        async def explain(_kind: Any, query: str, params: Any) -> list[Any]:
            rows = await tx.conn.execute(f"explain {query}".encode(), params)
            plans.extend(line for (line,) in await rows.fetchall())
            return []

        await tx.execute("set local enable_seqscan = off")
        monkeypatch.setattr(tx, "all", explain)
        await queries.decided_approvals(tx, stage.leader)
        return "\n".join(plans)

    plan = await stage.db.run(stage.leader, work)
    assert "requests_decided_by" in plan
    assert "requests_decided_for" in plan


async def test_an_associate_cannot_grant_it(stage: Stage) -> None:
    request = await stage.wish(2000, stage.leader)
    for decide in (stage.approve, stage.decline):
        with pytest.raises(Refused, match="forbidden"):
            await decide(stage.associate, request)
    assert (await stage.now(request)).state is RequestState.NEEDS_APPROVAL


async def test_the_limits_are_looked_at_again(stage: Stage) -> None:
    request = await stage.wish(2000)
    stage.till.limit = 1500
    with pytest.raises(Refused, match="money_taken"):
        await stage.approve(stage.leader, request)
    assert (await stage.now(request)).state is RequestState.NEEDS_APPROVAL


async def test_declined_it_ends_and_releases(stage: Stage) -> None:
    request = await stage.wish(2000)
    declined = await stage.decline(stage.leader, request)
    assert declined.outcome
    assert (declined.state, declined.outcome.code) == (RequestState.FAILED, "approval_declined")
    assert (declined.decided_by, declined.decision_note) == (stage.leader.id, "説明が足りません")
    assert stage.till.told == ["begin", "failed goodwill"]


async def test_declined_without_a_word_it_goes_on_waiting(stage: Stage) -> None:
    request = await stage.wish(2000)
    with pytest.raises(Refused, match="decision_note_missing"):
        await stage.decline(stage.leader, request, "  ")
    assert (await stage.now(request)).state is RequestState.NEEDS_APPROVAL


async def test_of_two_who_decide_at_once_the_second_is_told_who_did(stage: Stage) -> None:
    request = await stage.wish(2000)
    decisions = [stage.approve(stage.leader, request), stage.decline(stage.other_leader, request)]
    refused = next(one for one in await asyncio.gather(*decisions, return_exceptions=True) if isinstance(one, Refused))
    assert (refused.code, refused.parameters) == ("approval_decided", {"name": "山田"})
    assert len(stage.till.told) == 1 + ((await stage.now(request)).state is RequestState.FAILED)


async def test_what_was_taken_back_waits_no_more(stage: Stage) -> None:
    request = await stage.wish(2000)
    await stage.withdraw(stage.associate, request)
    with pytest.raises(Refused, match="not_waiting"):
        await stage.approve(stage.leader, request)


@pytest.mark.parametrize("amount", [1000, 2000])
async def test_withdrawn_before_it_began(stage: Stage, amount: int) -> None:
    request = await stage.wish(amount)
    withdrawn = await stage.withdraw(stage.associate, request)
    assert withdrawn.outcome
    assert (withdrawn.state, withdrawn.outcome.code) == (RequestState.CANCELLED, "withdrawn")
    assert (await stage.withdraw(stage.associate, request)).state is RequestState.CANCELLED
    await stage.work()
    assert stage.till.told == ["begin", "failed goodwill"]


async def test_not_after_it_was_done(stage: Stage) -> None:
    request = await stage.wish(1000)
    await stage.work()
    with pytest.raises(Refused, match="too_late_to_withdraw"):
        await stage.withdraw(stage.associate, request)
    assert (await stage.now(request)).state is RequestState.DONE

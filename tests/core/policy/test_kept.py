"""I12: whatever the rules are asked, what they decide is kept with all that it was made from, and can be made again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.pack import ChangeWish, Ground, Problem, Remedy, ReturnReason, Stage, shipped
from madoguchi.core.policy.questions import (
    AdvanceQuestion,
    ChangeQuestion,
    ClaimQuestion,
    Condition,
    GoodwillQuestion,
    GuaranteeQuestion,
    History,
    LineFacts,
    Question,
    ReturnQuestion,
    SubscriptionQuestion,
)
from madoguchi.core.policy.rules import decide
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock, migrations
from madoguchi.kit.db import Database, Tx
from tests.conftest import NOW

PACK = shipped(DEMO.rule_pack)
BEGIN, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
AT = st.timedeltas(timedelta(0), END - BEGIN).map(lambda since: BEGIN + since)
AMOUNT = st.integers(0, 10**7)
HEAD = {"at": AT, "country": st.sampled_from(["JP", "DE", "KR", "CN", "US", "GB", "XX"])}
FLAGS = st.lists(st.sampled_from(["gift_card", "digital_opened", "custom", "perishable", "free_return"]), max_size=2)
LINE = st.builds(LineFacts, st.sampled_from(["1", "2"]), st.sampled_from(Stage), FLAGS.map(tuple))
QUESTIONS: st.SearchStrategy[Question] = st.one_of(
    st.builds(
        ChangeQuestion,
        **HEAD,
        wish=st.sampled_from(ChangeWish),
        status=st.sampled_from(["paid", "出荷済み"]),
        gift=st.booleans(),
        business=st.booleans(),
        after_cut_off=st.booleans(),
        lines=st.lists(LINE, min_size=1, max_size=3, unique_by=lambda line: line.ref).map(tuple),
        named=st.booleans(),
    ),
    st.builds(
        ClaimQuestion,
        **HEAD,
        problem=st.sampled_from(Problem),
        amount=AMOUNT,
        delivered_at=st.none() | AT,
        promised_until=st.none() | AT,
        ordered_at=st.none() | AT,
        checked=st.sampled_from([(), PACK.claims.check_list]),
        remedy=st.sampled_from(Remedy),
        evidence=st.booleans(),
        history=st.builds(History, st.integers(0, 9), AMOUNT),
    ),
    st.builds(
        ReturnQuestion,
        **HEAD,
        reason=st.sampled_from(ReturnReason),
        amount=AMOUNT,
        ordered_at=AT,
        delivered_at=st.none() | AT,
        zone=st.just(DEMO.time_zone),
        flags=FLAGS.map(tuple),
        condition=st.builds(
            Condition, opened=st.booleans(), used=st.booleans(), complete=st.booleans(), tags=st.booleans()
        ),
        evidence=st.booleans(),
        returns_before=st.integers(0, 9),
        trusted=st.booleans(),
        to_balance=st.booleans(),
    ),
    st.builds(
        GuaranteeQuestion,
        **HEAD,
        ground=st.sampled_from(Ground),
        amount=AMOUNT,
        zone=st.just(DEMO.time_zone),
        ordered_at=AT,
        promised_until=st.none() | AT,
        delivered=st.booleans(),
        asked_at=st.none() | AT,
        return_asked_at=st.none() | AT,
        flags=FLAGS.map(tuple),
        charged_back=st.booleans(),
    ),
    st.builds(
        SubscriptionQuestion,
        **HEAD,
        paid=AMOUNT,
        started_at=st.just(BEGIN),
        period_from=st.just(BEGIN),
        period_to=st.just(END),
        used=st.booleans(),
        accidental=st.booleans(),
    ),
    st.builds(
        GoodwillQuestion,
        **HEAD,
        role=st.sampled_from([Role.ASSOCIATE, Role.LEADER, Role.ADMIN]),
        amount=AMOUNT,
        given_case=AMOUNT,
        given_year=AMOUNT,
        given_today=AMOUNT,
    ),
    st.builds(AdvanceQuestion, **HEAD, amount=AMOUNT, customer_since=AT, open_advances=st.integers(0, 5)),
)


class _Kept(msgspec.Struct, frozen=True):
    version: int
    inputs: Question
    inputs_hash: str
    rule_ids: list[str]
    reasons: list[dict[str, object]]


Run = Callable[[Callable[[Tx], Awaitable[None]]], None]


@pytest.fixture
def run(database_url: str) -> Iterator[Run]:
    """Runs something in a transaction over a shop, in a loop of its own, since examples are run from outside of one."""

    async def shop(tx: Tx) -> None:
        fields = (DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
        await add_store(tx, DEMO.id, *fields)

    db = Database(database_url, role=migrations.APP_ROLE, size=2)
    with asyncio.Runner() as runner, clock.frozen(NOW):
        runner.run(db.open())
        runner.run(db.run(SYSTEM, shop))
        yield lambda work: runner.run(db.run(SYSTEM, work))
        runner.run(db.close())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=QUESTIONS)
def test_a_decision_is_kept_with_what_it_was_made_from(run: Run, question: Question) -> None:
    async def work(tx: Tx) -> None:
        pack = await queries.rules_of(tx, DEMO.id)
        decision = decide(pack, question)
        kept_id = await verbs.record(tx, SYSTEM, "order.cancel", decision, customer_id=None)
        kept = await tx.one(
            _Kept,
            "select version, inputs, inputs_hash, rule_ids, reasons from policy_decisions where id = %s",
            [kept_id],
        )
        assert (kept.version, kept.inputs) == (pack.version, question)
        encoded = msgspec.json.encode(kept.inputs, order="deterministic")
        assert kept.inputs_hash == hashlib.sha256(encoded).hexdigest()
        assert kept.rule_ids == list(decision.rules)
        assert kept.reasons
        assert all(reason["key"] for reason in kept.reasons)
        again = decide(await queries.rules(tx, pack.name, kept.version), kept.inputs)
        assert again == decision

    run(work)

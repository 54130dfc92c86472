"""What must hold of money and units whatever is asked, in any order.

The invariants of after-sales, and what holds each: a constraint of the database wherever it can be one, and properties.

| | constraint | property |
| --- | --- | --- |
| I1 a tender gives back what it took | `i1_money` | here (`_play`), tests/service/life |
| I2 no unit twice | `i2_units`, `claims_one_of_a_parcel` | here (`_play`), tests/service/life, tests/service/returns |
| I3 our ledger and the store agree | – | here (`_play`: what the store says), tests/service/life, at rest |
| I4 goods give back what they cost | `i4_worth`, `i4_no_fee_for_our_fault` | here, by units; tests/service/life |
| I5 gift money stays of its kind | `i5_same_kind` | here; tests/service/life, by the store's payments |
| I6 the order is that of the quote | – | tests/service/life |
| I7 one open change of a line | `request_lines_one_open`, `requests_one_open_subject` | tests/service/life |
| I8 no second effect | `ledger_entries_once`, `refund_intents_one_way` | here; tests/service/life |
| I9 no money before the goods are there or given up | `i9_nothing_decided_before_it_is_here` | tests/service/life |
| I10 whole minor units, shared out without a rest | `bigint` | here |
| I11 gift cards and opened goods by somebody's word | – | tests/service/life |
| I12 what was decided is kept | `policy_decisions` | tests/core/policy/test_kept.py, tests/service/life |
| I13 a confirmed quote first | `requests.quote_id` | tests/service/life |
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents import verbs as refunds
from madoguchi.core.ledger.intents.queries import intents_of_order, uncovered
from madoguchi.core.ledger.intents.rules import IntentState, Rail, rail
from madoguchi.core.ledger.queries import unbalanced
from madoguchi.core.ledger.returning import verbs as returning
from madoguchi.core.ledger.rules import HELD_BY_STORE, Destination, LineUnits, TenderMoney, destinations, detours
from madoguchi.core.shop.queries import access_order
from madoguchi.core.shop.verbs import mirror_order, take_facts_again
from madoguchi.kit import clock, ids, migrations
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import share, telescoped
from tests.conftest import NOW
from tests.core.ledger.conftest import PAID, UNITS, Books, open_books, yen

KINDS = [*HELD_BY_STORE, "card", "wallet", "konbini", "cod", "bank", "something new"]
TENDERS = list(PAID)
Step = tuple[Any, ...]
ENDS = {
    "back": lambda tx, request, order, units: returning.settle_return(tx, request, order, units, units),
    "lost": lambda tx, request, order, units: returning.keep_return(tx, request, order, units, units),
    "called off": returning.drop_return,
}  # of what was to come back
# what can be asked of the ledger: owe money, or do something to one of the intents there are
ASKED = st.one_of(
    st.tuples(st.just("owe"), st.sampled_from(TENDERS), st.integers(-5, 6000), st.sampled_from([None, *Destination])),
    st.tuples(st.sampled_from(["claim", "pend", "doubt", "settle", "fail", "book"]), st.integers(0, 9)),
    st.tuples(st.just("reroute"), st.integers(0, 9), st.sampled_from(list(Destination))),
    st.tuples(st.just("cancel"), st.integers(-1, UNITS + 1)),
    st.tuples(st.just("send back"), st.integers(-1, UNITS + 1)),
    st.tuples(st.sampled_from(sorted(ENDS)), st.integers(0, 9), st.integers(0, UNITS + 1)),
    st.tuples(st.just("store"), st.sampled_from(TENDERS), st.integers(0, 6000), st.integers(0, UNITS)),
)


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(sum))
def test_shares_add_up_and_none_is_further_than_one_from_its_due(amount: int, weights: list[int]) -> None:
    """I10."""
    parts = share(amount, weights)
    assert sum(parts) == amount
    assert all(
        abs(part * sum(weights) - amount * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@given(st.data())
def test_units_one_by_one_give_back_exactly_what_was_paid(data: st.DataObject) -> None:
    """I4, I10: however a line's units are split, never more than its worth and in all exactly that."""
    amount, quantity = data.draw(st.integers(0, 10**8)), data.draw(st.integers(1, 60))
    done = given_back = 0
    while done < quantity:
        count = data.draw(st.integers(1, quantity - done))
        worth = telescoped(amount, quantity, done, count)
        assert worth >= 0
        done, given_back = done + count, given_back + worth
        assert given_back <= amount
    assert given_back == amount


@given(kind=st.sampled_from(KINDS))
def test_gift_money_stays_of_its_kind_and_cash_never_goes_back_to_the_till(kind: str) -> None:
    """I5."""
    ways = {*destinations(kind), *detours(kind)}
    if kind in HELD_BY_STORE:
        assert ways == {Destination.ORIGINAL}
        assert rail(kind, Destination.ORIGINAL) is Rail.STORE
    if kind in {"konbini", "cod", "bank"}:
        assert Destination.ORIGINAL not in ways
    assert all(rail(kind, way) is Rail.BANK for way in ways & {Destination.BANK})


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop of this test's own, since examples are run from outside of one."""
    with asyncio.Runner() as running:
        yield running


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(ASKED, max_size=14))
def test_nothing_that_is_asked_breaks_the_books(database_url: str, runner: asyncio.Runner, asked: list[Step]) -> None:
    """I1, I2, I3, I8: any order of wishes, answers and repetitions; the database holds, and so do the sums."""
    with clock.frozen(NOW):
        runner.run(_play(database_url, asked))


async def _play(database_url: str, asked: list[Step]) -> None:
    db = Database(database_url, role=migrations.APP_ROLE, size=2)
    await db.open()
    books = await open_books(db, NOW)
    intents: list[UUID] = []
    for step in asked:
        with suppress(Refused, ValueError):  # an answer; what counts is that nothing is broken after it
            await _step(books, intents, *step)
        await _check(books)
    await db.close()


async def _step(books: Books, intents: list[UUID], what: str, *about: object) -> None:
    match what, about:
        case "owe", (str(tender), int(amount), way):
            intents.append(await books.owe(tender, amount, way if isinstance(way, Destination) else None))
        case "cancel", (int(units),):
            request = ids.uuid7()
            await books.db.run(SYSTEM, lambda tx: ledger.reserve(tx, request, books.order_id, {"1": units}, {}))
            await books.db.run(
                SYSTEM, lambda tx: ledger.settle_cancellation(tx, request, books.order_id, {"1": units}, {}, owed=True)
            )
        case "send back", (int(units),):
            request = ids.uuid7()
            await books.db.run(SYSTEM, lambda tx: returning.open_return(tx, request, books.order_id, {"1": units}))
        case ("back" | "lost" | "called off") as end, (int(_), int(units)):
            request, count = ids.uuid7(), await _coming(books, units)
            await books.db.run(SYSTEM, lambda tx: ENDS[end](tx, request, books.order_id, {"1": count}))
        case "store", (str(tender), int(refunded), int(cancelled)):
            await _store_says(books, tender, refunded, cancelled)
        case "reroute", (int(at), Destination() as way) if intents:
            which = intents[at % len(intents)]
            intents.append(await books.db.run(SYSTEM, lambda tx: refunds.reroute_refund(tx, which, way, (0, 0))))
        case _, (int(at),) if intents:
            await _move(books, intents[at % len(intents)], what)


async def _coming(books: Books, units: int) -> int:
    """So many units, or as many as are on their way: which those are, a return knows (tests/service/returns)."""
    held = await books.db.run(SYSTEM, lambda tx: ledger.lines(tx, books.order_id))
    return min(units, held["1"].return_open)


async def _store_says(books: Books, tender: str, refunded: int, cancelled: int) -> None:
    """The store tells that so much was given back and cancelled in all; it never takes anything back."""

    async def work(tx: Tx) -> None:
        before = (await access_order(tx, SYSTEM, books.order_id)).document
        line = before.lines[0]
        after = replace(
            before,
            version=before.version + 1,
            lines=(replace(line, cancelled=max(line.cancelled, cancelled)),),
            tenders=tuple(
                replace(one, refunded=max(one.refunded, min(one.captured, yen(refunded)))) if one.ref == tender else one
                for one in before.tenders
            ),
        )
        await mirror_order(tx, "demo", after)

    await books.db.run(SYSTEM, work)


async def _move(books: Books, intent: UUID, what: str) -> None:
    later = NOW + timedelta(minutes=1)
    moves = {
        "claim": lambda tx: refunds.claim_refund(tx, intent),
        "pend": lambda tx: refunds.keep_refund(tx, intent, IntentState.PENDING, later),
        "doubt": lambda tx: refunds.keep_refund(tx, intent, IntentState.UNKNOWN, later),
        "settle": lambda tx: refunds.settle_refund(tx, intent, "re", booked=False),
        "fail": lambda tx: refunds.fail_refund(tx, intent, "account_closed"),
        "book": lambda tx: refunds.book_refund(tx, intent),
    }
    await books.db.run(SYSTEM, moves[what])


async def _check(books: Books) -> None:
    for check in (unbalanced, uncovered):
        assert await books.db.run(SYSTEM, check) == []
    money = await books.db.run(SYSTEM, lambda tx: ledger.tenders(tx, books.order_id))
    assert all(0 <= held.reserved + held.refunded <= held.captured for held in money.values())
    units = await books.db.run(SYSTEM, lambda tx: ledger.lines(tx, books.order_id))
    for line in units.values():
        done = line.cancelled + line.returned + line.kept
        assert 0 <= line.cancelling + line.return_open + done <= line.ordered
        assert line.refunded <= done
        assert line.refunded <= line.ordered
    await _check_store(books, money, units)
    owed = await books.db.run(SYSTEM, lambda tx: intents_of_order(tx, SYSTEM, books.order_id))
    assert len({intent.root for intent in owed}) == len(owed), "one living intent for each owed amount"
    assert all(intent.amount >= yen(1) for intent in owed)


async def _check_store(books: Books, money: Mapping[str, TenderMoney], units: Mapping[str, LineUnits]) -> None:
    """Once nothing of ours is under way, whatever the store did by itself is ours as well."""
    await books.db.run(SYSTEM, lambda tx: take_facts_again(tx, books.order_id))
    if any(held.reserved for held in money.values()) or any(line.cancelling for line in units.values()):
        return
    document = (await books.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, books.order_id))).document
    money = await books.db.run(SYSTEM, lambda tx: ledger.tenders(tx, books.order_id))
    units = await books.db.run(SYSTEM, lambda tx: ledger.lines(tx, books.order_id))
    assert all(money[tender.ref].refunded >= tender.refunded.amount for tender in document.tenders)
    for line in document.lines:
        held = units[line.ref]
        gone = held.return_open + held.returned + held.kept  # nobody's to cancel any more
        assert held.cancelled >= min(line.cancelled, held.ordered - gone)

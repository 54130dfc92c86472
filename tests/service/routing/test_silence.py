"""Silence: conversations park, come back, end."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases.events import CaseClosed, CaseResumed
from madoguchi.core.cases.rules import Kind, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.kit import clock, events
from madoguchi.kit.events import Happened
from madoguchi.kit.jobs import Duty, Nothing, run_due
from madoguchi.service.routing import jobs, queries, verbs
from madoguchi.service.routing.rules import LIMITS, ItemState, Outcome, Presence
from tests.service.shift import Shift

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
async def reactions() -> AsyncIterator[None]:
    """Routing hears what happens to cases."""
    events.wire({CaseResumed: ["routing.resume"], CaseClosed: ["routing.let_go"]})
    yield
    events.wire({})


async def _react(shift: Shift) -> None:
    duties = {
        "routing.resume": Duty(partial(jobs.resume, shift.db), Happened),
        "routing.let_go": Duty(partial(jobs.let_go, shift.db), Happened),
    }
    await run_due(shift.db, duties)


async def _sweep(shift: Shift) -> None:
    await jobs.sweep_silence(shift.db, Nothing())
    await _react(shift)


async def _talking(shift: Shift) -> tuple[Actor, Actor, UUID]:
    """An associate who has asked a customer something and waits for the answer."""
    naoto = await shift.associate("鈴木 直人", capacity=1)
    customer, case_id = await shift.in_line()
    await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id)
    await shift.run(naoto, talking.say, case_id, text="割れたお皿の枚数をお知らせください。")
    return naoto, customer, case_id


async def _parked(shift: Shift) -> tuple[Actor, Actor, UUID]:
    naoto, customer, case_id = await _talking(shift)
    with clock.frozen(clock.now() + LIMITS.park_after + SECOND):
        await _sweep(shift)
    assert (await shift.case(case_id)).state is State.PARKED
    return naoto, customer, case_id


async def _keys(shift: Shift, case_id: UUID) -> list[str]:
    return [(e.body or {})["key"] for e in await shift.timeline(case_id) if e.kind is Kind.STATUS]


async def test_a_conversation_parks_after_long_silence(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    with clock.frozen(clock.now() + LIMITS.park_after):
        await _sweep(shift)
        assert (await shift.case(case_id)).state is State.ACTIVE
    with clock.frozen(clock.now() + LIMITS.park_after + SECOND):
        await _sweep(shift)
        case = await shift.case(case_id)
        assert (case.state, case.assigned_to) == (State.PARKED, naoto.id)
        assert (await shift.item(case_id)).state is ItemState.PARKED
        counts = await shift.run(naoto, queries.counts)
        assert (counts.in_hand, counts.parked) == (0, 1)
        before = await shift.everything()
        await _sweep(shift)
        assert await shift.everything() == before


async def test_the_hand_that_became_free_takes_the_next(shift: Shift) -> None:
    naoto, _, _ = await _talking(shift)
    _, waiting = await shift.in_line()
    with clock.frozen(clock.now() + LIMITS.park_after + SECOND):
        await shift.run(naoto, verbs.heartbeat)
        await _sweep(shift)
        offer = await shift.run(naoto, queries.my_offer)
    assert offer
    assert offer.case_id == waiting


async def test_a_conversation_does_not_park_while_the_customer_waits_for_us(shift: Shift) -> None:
    _, customer, case_id = await _talking(shift)
    _, in_line = await shift.in_line()
    with clock.frozen(clock.now() + SECOND):
        await shift.run(customer, talking.say, case_id, text="3枚です")
    with clock.frozen(clock.now() + 2 * LIMITS.end_after):
        await _sweep(shift)
        assert (await shift.case(case_id)).state is State.ACTIVE
        assert (await shift.case(in_line)).state is State.QUEUED


async def test_a_note_among_staff_is_no_answer(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift)
    with clock.frozen(clock.now() + SECOND):
        await shift.run(customer, talking.say, case_id, text="3枚です")
    with clock.frozen(clock.now() + 2 * SECOND):
        await shift.run(naoto, talking.say, case_id, text="確認中", note=True)
    with clock.frozen(clock.now() + LIMITS.park_after + timedelta(minutes=1)):
        await _sweep(shift)
    assert (await shift.case(case_id)).state is State.ACTIVE


async def test_the_next_word_brings_the_same_associate_back(shift: Shift) -> None:
    naoto, customer, case_id = await _parked(shift)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        await shift.run(naoto, verbs.heartbeat)
        await shift.run(naoto, verbs.set_presence, Presence.AVAILABLE)
        await shift.run(customer, talking.say, case_id, text="3枚です")
        await _react(shift)
    case = await shift.case(case_id)
    assert (case.state, case.assigned_to) == (State.ACTIVE, naoto.id)
    assert (await shift.item(case_id)).state is ItemState.ASSIGNED
    assert (await _keys(shift, case_id))[-1] == "routing.status.back"


@pytest.mark.parametrize("why", ["busy", "away", "gone"])
async def test_else_the_customer_comes_to_the_front_of_the_line(shift: Shift, why: str) -> None:
    naoto, customer, case_id = await _parked(shift)
    if why == "busy":
        _, other = await shift.in_line()
        await shift.run(naoto, verbs.accept, (await shift.item(other)).id)
    elif why == "away":
        await shift.run(naoto, verbs.set_presence, Presence.AWAY)
    _, waiting = await shift.in_line()
    with clock.frozen(clock.now() + timedelta(hours=1)):
        await shift.run(customer, talking.say, case_id, text="3枚です")
        await _react(shift)
        assert (await shift.case(case_id)).state is State.QUEUED
        assert [(await shift.ticket(c)).place for c in (case_id, waiting)] == [1, 2]
    assert (await _keys(shift, case_id))[-1] == "routing.status.back_in_line"


async def test_several_words_come_back_once(shift: Shift) -> None:
    _, customer, case_id = await _parked(shift)
    for text in ("3枚です", "すみません", "4枚でした"):
        await shift.run(customer, talking.say, case_id, text=text)
    await _react(shift)
    assert (await _keys(shift, case_id)).count("routing.status.back") == 1


async def test_asking_for_a_person_brings_a_parked_one_back(shift: Shift) -> None:
    naoto, customer, case_id = await _parked(shift)
    ticket = await shift.run(customer, verbs.hand_over, case_id)
    assert (ticket.state, ticket.associate) == ("assigned", naoto.name)
    assert (await shift.case(case_id)).assigned_to == naoto.id


async def test_a_parked_conversation_ends_a_day_after_the_last_word(shift: Shift) -> None:
    _, customer, case_id = await _parked(shift)
    with clock.frozen(clock.now() + LIMITS.end_after):
        await _sweep(shift)
        assert (await shift.case(case_id)).state is State.PARKED
    with clock.frozen(clock.now() + LIMITS.end_after + SECOND):
        await _sweep(shift)
    assert (await shift.case(case_id)).state is State.CLOSED
    status = (await shift.timeline(case_id, customer))[-1].body
    assert status
    assert (status["key"], status["parameters"]) == ("routing.status.ended", {"hours": 24})
    item = await shift.system(queries.last_item, case_id)
    assert item
    assert item.state is ItemState.DONE
    assert item.done_at
    assert item.done_at < clock.now() + LIMITS.end_after  # when the hand became free, not when it all ended


async def test_a_word_just_before_the_end_is_heard(shift: Shift) -> None:
    _, customer, case_id = await _parked(shift)
    with clock.frozen(clock.now() + LIMITS.end_after):
        await shift.run(customer, talking.say, case_id, text="3枚です")
    with clock.frozen(clock.now() + LIMITS.end_after + SECOND):
        await jobs.sweep_silence(shift.db, Nothing())  # before the reaction has run
        assert (await shift.case(case_id)).state is State.PARKED
        await _react(shift)
        assert (await shift.case(case_id)).state is State.QUEUED


async def test_a_parked_conversation_is_wrapped_up_by_its_holder(shift: Shift) -> None:
    naoto, _, case_id = await _parked(shift)
    await shift.run(naoto, verbs.wrap_up, case_id, reason="item.damaged", outcome=Outcome.NO_ANSWER)
    assert (await shift.case(case_id)).state is State.CLOSED


async def test_a_conversation_with_the_bot_parks_ends_and_needs_nobody(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    with clock.frozen(clock.now() + LIMITS.park_after + SECOND):
        await _sweep(shift)
        assert (await shift.case(case_id)).state is State.PARKED
        await shift.run(customer, talking.say, case_id, text="つづきです")
        case = await shift.case(case_id)
        assert (case.state, case.bot_due_seq) == (State.BOT, case.customer_seq)
        await shift.answer(case_id)
        now = clock.now()
    with clock.frozen(now + LIMITS.park_after + SECOND):
        await _sweep(shift)
    with clock.frozen(now + LIMITS.end_after + SECOND):
        await _sweep(shift)
    assert (await shift.case(case_id)).state is State.CLOSED


async def test_a_conversation_the_bot_still_owes_an_answer_does_not_park(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    with clock.frozen(clock.now() + SECOND):
        await shift.run(customer, talking.say, case_id, text="もしもし")
    with clock.frozen(clock.now() + 2 * LIMITS.end_after):
        await _sweep(shift)
    assert (await shift.case(case_id)).state is State.BOT

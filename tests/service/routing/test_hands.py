"""In somebody's hands: given to others, given up, wrapped up."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions.rules import TextCard
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import Kind, State
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import queries, verbs
from madoguchi.service.routing.rules import ItemState, Outcome, Presence, Priority
from tests.service.shift import Shift


async def _talking(shift: Shift, **of: Any) -> tuple[Actor, Actor, UUID]:
    """An associate in conversation with a customer."""
    naoto = await shift.associate("鈴木 直人", **of)
    customer, case_id = await shift.in_line()
    await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id)
    return naoto, customer, case_id


async def _last_status(shift: Shift, case_id: UUID) -> str:
    body = [entry.body for entry in await shift.timeline(case_id) if entry.kind is Kind.STATUS][-1]
    return str((body or {})["key"])


async def test_a_conversation_is_given_to_a_colleague(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift)
    yuna = await shift.associate("김 유나")
    await shift.run(naoto, verbs.transfer, case_id, yuna.id, "交換をご希望です。4111 1111 1111 1111")
    assert (await shift.case(case_id)).assigned_to == yuna.id
    assert (await shift.ticket(case_id)).associate == yuna.name
    assert await shift.run(naoto, queries.my_cases) == []
    assert await _last_status(shift, case_id) == "routing.status.transferred_to"
    note = [entry for entry in await shift.timeline(case_id) if entry.kind is Kind.NOTE][-1]
    assert note.text == "交換をご希望です。**** **** **** 1111"
    assert note not in await shift.timeline(case_id, customer)


async def test_a_conversation_is_given_to_another_queue(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    leader = await shift.associate("高橋 恵", role=Role.LEADER)
    await shift.run(naoto, verbs.transfer, case_id, "leaders")
    item = await shift.item(case_id)
    assert (item.queue_id, item.skills, item.priority) == ("leaders", ["leader"], Priority.RETURNING)
    offer = await shift.run(leader, queries.my_offer)
    assert offer
    assert offer.case_id == case_id


async def test_what_somebody_gave_away_does_not_come_back_at_once(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    await shift.run(naoto, verbs.transfer, case_id, "support")
    assert await shift.run(naoto, queries.my_offer) is None
    assert (await shift.ticket(case_id)).place == 1


async def test_a_conversation_is_only_given_to_who_can_take_it(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    away = await shift.associate("김 유나")
    await shift.run(away, verbs.set_presence, Presence.AWAY)
    full = await shift.associate("王 芳", capacity=0)
    before = await shift.everything()
    for colleague in (away.id, full.id, ids.uuid7()):
        with pytest.raises(Refused, match="person_not_available"):
            await shift.run(naoto, verbs.transfer, case_id, colleague, "お願いします")
    with pytest.raises(Refused, match="unknown_queue"):
        await shift.run(naoto, verbs.transfer, case_id, "nowhere")
    with pytest.raises(Refused, match="text_too_long"):
        await shift.run(naoto, verbs.transfer, case_id, "support", "あ" * 1_001)
    assert await shift.everything() == before


async def test_only_the_holder_or_a_leader_gives_and_ends(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift)
    yuna = await shift.associate("김 유나")
    before = await shift.everything()
    for actor, code in ((yuna, "not_assigned"), (customer, "forbidden")):
        with pytest.raises(Refused, match=code):
            await shift.run(actor, verbs.transfer, case_id, "support")
        with pytest.raises(Refused, match=code):
            await shift.run(actor, verbs.wrap_up, case_id, reason="order.status", outcome=Outcome.SOLVED)
    assert await shift.everything() == before
    leader = await shift.associate("高橋 恵", role=Role.LEADER)
    await shift.run(leader, verbs.transfer, case_id, naoto.id)  # who has it already
    await shift.run(leader, verbs.transfer, case_id, yuna.id)
    assert (await shift.case(case_id)).assigned_to == yuna.id


async def test_what_is_in_nobodys_hands_cannot_be_given(shift: Shift) -> None:
    leader = await shift.associate("高橋 恵", role=Role.LEADER)
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    before = await shift.everything()
    with pytest.raises(Refused, match="case_state"):
        await shift.run(leader, verbs.transfer, case_id, "support")
    with pytest.raises(Refused, match="not_assigned"):
        await shift.run(leader, verbs.wrap_up, case_id, reason="order.status", outcome=Outcome.SOLVED)
    assert await shift.everything() == before


async def test_who_goes_gives_up_what_they_have_and_it_is_served_first(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    enqueued_at = (await shift.item(case_id)).enqueued_at
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        _, later = await shift.in_line()
        await shift.run(naoto, verbs.set_presence, Presence.OFFLINE)
        assert [(await shift.ticket(c)).place for c in (case_id, later)] == [1, 2]
        item = await shift.item(case_id)
        assert (item.state, item.priority, item.enqueued_at) == (ItemState.WAITING, Priority.RETURNING, enqueued_at)
        assert (await shift.case(case_id)).state is State.QUEUED
        assert await _last_status(shift, case_id) == "routing.status.released"
        yuna = await shift.associate("김 유나")
        offer = await shift.run(yuna, queries.my_offer)
        assert offer
        assert offer.case_id == case_id


async def test_who_is_away_keeps_what_they_have(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    await shift.run(naoto, verbs.set_presence, Presence.AWAY)
    assert (await shift.case(case_id)).assigned_to == naoto.id


async def test_a_wrap_up_ends_the_conversation_and_tells_what_was_promised(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift, capacity=1)
    _, waiting = await shift.in_line()
    due = clock.now() + timedelta(days=3)
    wrapped = await shift.run(
        naoto,
        verbs.wrap_up,
        case_id,
        reason="item.damaged",
        outcome=Outcome.SOLVED,
        done="代わりの品を手配しました。",
        promise="お皿を再送します。",
        promise_due=due,
    )
    case = await shift.case(case_id)
    assert (case.state, case.reason) == (State.CLOSED, "item.damaged")
    assert (await shift.system(queries.last_item, case_id)).state is ItemState.DONE  # type: ignore[union-attr]
    card, status = (entry.body or {} for entry in (await shift.timeline(case_id, customer))[-2:])
    lines = msgspec.convert(card["card"], TextCard).lines
    assert [(line.key, line.parameters) for line in lines] == [
        ("routing.wrap.done", {"text": "代わりの品を手配しました。"}),
        ("routing.wrap.promised", {"text": "お皿を再送します。", "due": {"at": due.isoformat()}}),
    ]
    assert (status["key"], status["parameters"]) == ("routing.status.wrapped_up", {"name": naoto.name})
    assert await shift.system(queries.wrap_ups, case_id) == [wrapped]
    offer = await shift.run(naoto, queries.my_offer)  # the hand is free for the next
    assert offer
    assert offer.case_id == waiting


async def test_promises_are_for_whom_they_were_made_to(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift)
    due = clock.now() + timedelta(days=1)
    await shift.run(
        naoto,
        verbs.wrap_up,
        case_id,
        reason="delivery.late",
        outcome=Outcome.PARTLY,
        promise="明日ご連絡します。",
        promise_due=due,
    )
    for actor in (customer, naoto):
        promise = (await shift.run(actor, queries.promises_to, customer.id))[0]
        assert (promise.case_id, promise.text, promise.due, promise.by) == (
            case_id,
            "明日ご連絡します。",
            due,
            naoto.name,
        )
    stranger = await shift.customer("山田 太郎")
    with pytest.raises(Refused, match="not_found"):
        await shift.run(stranger, queries.promises_to, customer.id)


async def test_two_wrap_ups_are_one(shift: Shift) -> None:
    naoto, _, case_id = await _talking(shift)
    both = await asyncio.gather(
        *(
            shift.run(naoto, verbs.wrap_up, case_id, reason="order.status", outcome=outcome)
            for outcome in (Outcome.SOLVED, Outcome.NOT_SOLVED)
        )
    )
    assert both[0] == both[1]
    assert len(await shift.system(queries.wrap_ups, case_id)) == 1
    before = await shift.everything()
    await shift.run(naoto, verbs.wrap_up, case_id, reason="order.status", outcome=Outcome.PARTLY)
    assert await shift.everything() == before


async def test_a_conversation_the_customer_ended_is_still_wrapped_up(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift)
    item = await shift.item(case_id)

    async def end(tx: Tx) -> None:
        case = await access_case(tx, customer, case_id, lock=True)
        await cases.transition(tx, case, State.CLOSED, text_key="cases.status.ended_by_customer", by=customer)

    await shift.db.run(customer, end)
    await shift.system(verbs.let_go, case_id, item.contact_id)
    assert (await shift.run(naoto, queries.counts)).in_hand == 0
    seen = await shift.timeline(case_id, customer)
    wrapped = await shift.run(naoto, verbs.wrap_up, case_id, reason="order.status", outcome=Outcome.SOLVED)
    assert wrapped.item_id == item.id
    assert await shift.timeline(case_id, customer) == seen


async def test_a_conversation_set_aside_keeps_its_holder_and_frees_a_hand(shift: Shift) -> None:
    naoto, customer, case_id = await _talking(shift, capacity=1)
    _, waiting = await shift.in_line()
    yuna = await shift.associate("김 유나", languages=["ko"])
    before = await shift.everything()
    with pytest.raises(Refused, match="not_assigned"):
        await shift.run(yuna, verbs.set_aside, case_id)
    with pytest.raises(Refused, match="forbidden"):
        await shift.run(customer, verbs.set_aside, case_id)
    assert await shift.everything() == before
    await shift.run(naoto, verbs.set_aside, case_id)
    case = await shift.case(case_id)
    assert (case.state, case.assigned_to) == (State.PARKED, naoto.id)
    offer = await shift.run(naoto, queries.my_offer)
    assert offer
    assert offer.case_id == waiting
    with pytest.raises(Refused, match="case_state"):
        await shift.run(naoto, verbs.set_aside, case_id)


IN_A_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": "no.such"}, "invalid_reason"),
        ({"reason": "chat.greeting"}, "invalid_reason"),
        ({"promise": "ご連絡します。"}, "promise_incomplete"),
        ({"promise_due": IN_A_DAY}, "promise_incomplete"),
        ({"promise": "ご連絡します。", "promise_due": -IN_A_DAY}, "promise_in_the_past"),
        ({"done": "あ" * 1_001}, "text_too_long"),
    ],
)
async def test_a_wrap_up_makes_sense(shift: Shift, given: dict[str, Any], code: str) -> None:
    naoto, _, case_id = await _talking(shift)
    before = await shift.everything()
    if "promise_due" in given:
        given = given | {"promise_due": clock.now() + given["promise_due"]}
    with pytest.raises(Refused, match=code):
        await shift.run(
            naoto, verbs.wrap_up, case_id, **({"reason": "order.status", "outcome": Outcome.SOLVED} | given)
        )
    assert await shift.everything() == before

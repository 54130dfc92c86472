"""Into the line and out of it: places, tickets, what staff are told, and who may."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor, Audience, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.rules import QueueTicket, TextCard, said
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import Kind, State
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import queries, rules, verbs
from madoguchi.service.routing.actions import ACTIONS
from madoguchi.service.routing.hours import Hours, Opening
from madoguchi.service.routing.queries import Handover
from madoguchi.service.routing.rules import ItemState, Outcome, Presence, Priority
from tests.service.shift import Shift


async def test_a_customer_gets_a_place_and_a_ticket(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    ticket = await shift.run(customer, verbs.hand_over, case_id)
    assert ticket == QueueTicket(case_id=case_id, state="waiting", place=1, wait_minutes=None, people_online=0)
    assert (await shift.case(case_id)).state is State.QUEUED
    kinds = [(entry.kind, entry.audience) for entry in (await shift.timeline(case_id))[2:]]
    assert kinds == [
        (Kind.NOTE, Audience.STAFF),
        (Kind.STATUS, Audience.CUSTOMER),
        (Kind.CARD, Audience.CUSTOMER),
    ]
    card = (await shift.timeline(case_id, customer))[-1].body
    assert card
    assert msgspec.convert(card["card"], QueueTicket) == ticket


async def test_places_count_from_one_and_move_up(shift: Shift) -> None:
    first, second, third = [await shift.in_line() for _ in range(3)]
    assert [(await shift.ticket(case_id)).place for _, case_id in (first, second, third)] == [1, 2, 3]
    await shift.run(first[0], verbs.leave_queue, first[1])
    assert [(await shift.ticket(case_id)).place for _, case_id in (first, second, third)] == [0, 1, 2]


async def test_the_urgent_come_first(shift: Shift) -> None:
    _, ordinary = await shift.in_line()
    customer = await shift.customer()
    hurt = await shift.chat(customer, "充電器から火が出ました")
    await shift.system(lambda tx: cases.describe(tx, hurt, reason="item.safety"))
    assert (await shift.run(customer, verbs.hand_over, hurt)).place == 1
    assert (await shift.ticket(ordinary)).place == 2


async def test_two_requests_for_a_person_are_one(shift: Shift) -> None:
    customer, case_id = await shift.in_line()
    before = await shift.everything()
    assert (await shift.run(customer, verbs.hand_over, case_id)).place == 1
    assert await shift.everything() == before


async def test_staff_read_the_summary_and_the_customer_does_not(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer, "お皿が割れて届きました")
    await shift.run(customer, verbs.hand_over, case_id)
    associate = await shift.associate(here=False)
    handover = await shift.run(associate, queries.handover_of, case_id)
    assert handover
    assert [line.key for line in handover.lines] == [
        "routing.summary.said",
        "routing.summary.wants_a_person",
        "routing.summary.since",
    ]
    assert handover.lines[0].parameters == {"text": "お皿が割れて届きました"}
    assert handover.level == 3
    assert all(entry.kind is not Kind.NOTE for entry in await shift.timeline(case_id, customer))


async def test_the_bot_tells_what_it_did(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    bot = msgspec.structs.replace(customer, role=Role.BOT)
    summary = Handover(
        lines=(said("bot.summary.wish", reason="破損・傷"), said("bot.summary.order", order="MD-12345678")),
        tried=(said("bot.summary.looked_up"),),
        facts={"order": "MD-12345678"},
    )
    await shift.run(bot, verbs.hand_over, case_id, summary=summary)
    associate = await shift.associate(here=False)
    told = await shift.run(associate, queries.handover_of, case_id)
    assert told
    last_words = said("routing.summary.said", text="お皿が割れて届きました")
    assert told == msgspec.structs.replace(summary, lines=(*summary.lines, last_words), level=3)
    note = next(entry for entry in await shift.timeline(case_id) if entry.kind is Kind.NOTE)
    assert note.body
    assert msgspec.convert(note.body["card"], TextCard).lines == told.lines + summary.tried


async def test_going_back_to_the_bot_leaves_the_line(shift: Shift) -> None:
    customer, case_id = await shift.in_line()
    assert (await shift.run(customer, verbs.leave_queue, case_id)).state == "left"
    assert (await shift.case(case_id)).state is State.BOT
    before = await shift.everything()
    await shift.run(customer, verbs.leave_queue, case_id)
    assert await shift.everything() == before
    assert (await shift.run(customer, verbs.hand_over, case_id)).place == 1


async def test_a_closed_case_is_gone_on_with_first(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    await _close(shift, customer, case_id)
    before = await shift.everything()
    with pytest.raises(Refused, match="case_closed"):
        await shift.run(customer, verbs.hand_over, case_id)
    assert await shift.everything() == before


async def test_a_conversation_closed_and_resumed_at_once_waits_anew(shift: Shift) -> None:
    customer, case_id = await shift.in_line()
    old = await shift.item(case_id)
    await _close(shift, customer, case_id)
    await shift.run(customer, cases.resume, case_id)
    await shift.run(customer, verbs.hand_over, case_id)
    new = await shift.item(case_id)
    assert new.id != old.id
    assert new.contact_id != old.contact_id
    await shift.system(verbs.let_go, case_id, old.contact_id)  # the reaction to the first end comes late
    assert await shift.item(case_id) == new


async def test_who_ends_the_conversation_leaves_the_line(shift: Shift) -> None:
    customer, case_id = await shift.in_line()
    item = await shift.item(case_id)
    await _close(shift, customer, case_id)
    await shift.system(verbs.let_go, case_id, item.contact_id)
    assert (await shift.system(queries.last_item, case_id)).state is ItemState.LEFT  # type: ignore[union-attr]
    assert (await shift.ticket(case_id)).state == "left"


@pytest.mark.parametrize("verb", [verbs.hand_over, verbs.leave_queue])
async def test_somebody_elses_case_does_not_exist(shift: Shift, verb: Any) -> None:
    _, case_id = await shift.in_line()
    stranger = await shift.customer("山田 太郎")
    before = await shift.everything()
    for wanted in (case_id, ids.uuid7()):
        with pytest.raises(Refused) as refused:
            await shift.run(stranger, verb, wanted)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
        with pytest.raises(Refused, match="not_found"):
            await shift.db.run(stranger, partial(queries.place_and_wait, case_id=wanted))
    assert await shift.everything() == before


async def test_customers_see_nothing_of_the_desk(shift: Shift) -> None:
    customer, case_id = await shift.in_line()
    for query in (queries.queue_list, queries.my_cases, queries.my_offer, queries.counts, queries.my_presence):
        with pytest.raises(Refused, match="forbidden"):
            await shift.run(customer, query)
    with pytest.raises(Refused, match="forbidden"):
        await shift.run(customer, queries.handover_of, case_id)


async def test_nobody_but_the_bot_writes_what_staff_take_for_its_word(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    before = await shift.everything()
    catalogue = Catalogue([*ACTIONS])
    raw = {"case_id": str(case_id), "lines": [{"key": "routing.summary.said", "parameters": {"text": "本人確認済み"}}]}
    with pytest.raises(Refused, match="forbidden"):
        await shift.db.run(customer, lambda tx: actions.run(tx, catalogue, customer, "service.human", raw))
    assert await shift.everything() == before


async def test_the_actions_lead_to_a_person_and_back(shift: Shift) -> None:
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    catalogue = Catalogue([*ACTIONS])
    bot = msgspec.structs.replace(customer, role=Role.BOT)

    async def run(actor: Actor, name: str, **more: object) -> object:
        return await shift.db.run(
            actor, lambda tx: actions.run(tx, catalogue, actor, name, {"case_id": str(case_id), **more})
        )

    ticket = await run(bot, "service.human", lines=[{"key": "routing.summary.wants_a_person"}], skills=["refunds"])
    assert isinstance(ticket, QueueTicket)
    assert ticket.place == 1
    assert (await shift.item(case_id)).skills == ["refunds"]
    assert await run(customer, "service.wait") == ticket
    left = await run(customer, "service.stay_with_bot")
    assert isinstance(left, QueueTicket)
    assert left.state == "left"


async def test_the_wait_is_estimated_from_those_who_want_the_same_people(shift: Shift) -> None:
    associate = await shift.associate(languages=["ja"], capacity=1)
    for minutes in (4, 4, 6, 6, 8):  # enough conversations to tell
        await _served(shift, associate, timedelta(minutes=minutes))
    await shift.in_line()
    busy = (await shift.run(associate, queries.my_offer)).item_id  # type: ignore[union-attr]
    await shift.run(associate, verbs.accept, busy)
    await shift.in_line(locale="ko")
    _, last = await shift.in_line()
    assert await shift.ticket(last) == QueueTicket(
        case_id=last, state="waiting", place=2, wait_minutes=(4, 6), people_online=1
    )


async def test_outside_opening_hours_the_ticket_says_when_we_are_back(shift: Shift, database_url: str) -> None:
    await shift.associate()
    week = Hours("Asia/Tokyo", (Opening(3, 540, 1080),))
    with psycopg.connect(database_url) as owner:
        owner.execute("update queues set hours = %s", [Jsonb(msgspec.to_builtins(week))])
    _, case_id = await shift.in_line()
    ticket = await shift.ticket(case_id)
    assert ticket.wait_minutes is None
    assert ticket.opens_at == clock.now() + timedelta(hours=23)


async def test_the_line_is_read_page_by_page(shift: Shift) -> None:
    associate = await shift.associate(here=False)
    expected = [(await shift.in_line(f"客 {n}"))[1] for n in range(5)]
    urgent = await shift.customer("緊急 花子")
    first = await shift.chat(urgent)
    await shift.run(urgent, verbs.hand_over, first, priority=Priority.URGENT)
    pages = [await shift.run(associate, queries.queue_list, limit=4)]
    pages.append(await shift.run(associate, queries.queue_list, after=pages[0][-1].place, limit=4))
    assert [row.case_id for page in pages for row in page] == [first, *expected]
    assert pages[0][0].customer_name == "緊急 花子"
    assert pages[0][0].last_text == "お皿が割れて届きました"
    counts = await shift.run(associate, queries.counts)
    assert (counts.in_line, counts.people_online, counts.longest_since) == (6, 0, clock.now())


async def test_who_waits_for_nobody_is_found(shift: Shift) -> None:
    associate = await shift.associate()
    _, waiting = await shift.in_line()
    _, talking = await shift.in_line()
    await shift.run(associate, verbs.accept, (await shift.item(talking)).id)
    assert await shift.system(queries.unattended) == []

    async def lose(tx: Tx) -> None:
        lost = "update work_items set state = 'left', assigned_to = null, assigned_at = null, done_at = %s"
        await tx.execute(lost, [tx.now])

    await shift.system(lose)
    assert set(await shift.system(queries.unattended)) == {(await shift.case(id)).number for id in (waiting, talking)}


async def test_enumerations_are_those_of_the_tables(shift: Shift) -> None:
    async def checks(tx: Tx) -> str:
        return str(
            await tx.value(
                """select string_agg(pg_get_constraintdef(oid), ' ') from pg_constraint
                   where contype = 'c' and conrelid = any('{work_items,offers,presence,wrap_ups}'::regclass[])"""
            )
        )

    text = await shift.system(checks)
    for kind in (ItemState, Presence, Outcome, rules.OfferOutcome):
        members = ", ".join(f"'{member}'::text" for member in kind)
        assert f"ARRAY[{members}]" in text
    assert f"(priority <= {max(Priority)})" in text
    assert f"(capacity <= {rules.MOST_AT_ONCE})" in text


async def _close(shift: Shift, customer: Actor, case_id: UUID) -> None:
    async def close(tx: Tx) -> None:
        case = await access_case(tx, customer, case_id, lock=True)
        await cases.transition(tx, case, State.CLOSED, text_key="cases.status.ended_by_customer", by=customer)

    await shift.db.run(customer, close)


async def _served(shift: Shift, associate: Actor, took: timedelta) -> None:
    _, case_id = await shift.in_line()
    await shift.run(associate, verbs.accept, (await shift.item(case_id)).id)
    with clock.frozen(clock.now() + took):
        await shift.run(associate, verbs.wrap_up, case_id, reason="order.status", outcome=Outcome.SOLVED)

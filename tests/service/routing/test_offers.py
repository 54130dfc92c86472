"""Offers and presence: who is asked, who is quicker, who does not answer, who is not there."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.cases.rules import State
from madoguchi.kit import clock, ids
from madoguchi.kit.errors import Refused
from madoguchi.kit.jobs import Nothing
from madoguchi.service.routing import jobs, queries, verbs
from madoguchi.service.routing.offers import queries as queries_of_offers
from madoguchi.service.routing.offers.verbs import offer_next
from madoguchi.service.routing.rules import LIMITS, ItemState, Presence
from tests.service.shift import Shift

ROUNDS = 50


async def _asked(shift: Shift, *staff: Actor) -> list[UUID | None]:
    offers = [await shift.run(actor, queries.my_offer) for actor in staff]
    return [offer.case_id if offer else None for offer in offers]


async def _later(shift: Shift, by: timedelta, here: Sequence[Actor] = ()) -> None:
    """Time goes by: those who are here have told so, and the sweeper has come."""
    with clock.frozen(clock.now() + by):
        for actor in here:
            await shift.run(actor, verbs.heartbeat)
        await jobs.sweep_offers(shift.db, Nothing())


async def test_whoever_is_free_is_asked_at_once(shift: Shift) -> None:
    naoto = await shift.associate()
    _, case_id = await shift.in_line()
    offer = await shift.run(naoto, queries.my_offer)
    assert offer
    assert (offer.case_id, offer.customer_name, offer.language) == (case_id, "佐藤 美咲", "ja")
    assert offer.expires_at - offer.offered_at == LIMITS.offer_life
    assert offer.handover
    assert len(offer.handover.lines) == 3
    assert (await shift.ticket(case_id)).state == "offered"
    row = (await shift.run(naoto, queries.queue_list))[0]
    assert (row.state, row.offered_to, row.offered_name) == (ItemState.OFFERED, naoto.id, naoto.name)


async def test_whoever_comes_is_asked_for_those_who_wait(shift: Shift) -> None:
    _, first = await shift.in_line()
    await shift.in_line()
    naoto = await shift.associate()
    assert await _asked(shift, naoto) == [first]


async def test_accepting_brings_the_customer_an_associate(shift: Shift) -> None:
    naoto = await shift.associate()
    customer, case_id = await shift.in_line()
    assert await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id) == case_id
    case = await shift.case(case_id)
    assert (case.state, case.assigned_to) == (State.ACTIVE, naoto.id)
    ticket = await shift.ticket(case_id)
    assert (ticket.state, ticket.place, ticket.associate) == ("assigned", 0, naoto.name)
    said = (await shift.timeline(case_id, customer))[-1].body
    assert said
    assert (said["key"], said["parameters"]) == ("routing.status.accepted", {"name": naoto.name})
    assert [row.case_id for row in await shift.run(naoto, queries.my_cases)] == [case_id]
    assert await _asked(shift, naoto) == [None]


async def test_of_two_who_accept_at_once_one_gets_it(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人", capacity=20)
    yuna = await shift.associate("김 유나", capacity=20)
    for _ in range(ROUNDS):
        _, case_id = await shift.in_line()
        item = await shift.item(case_id)
        answers = await asyncio.gather(
            *(shift.run(actor, verbs.accept, item.id) for actor in (naoto, yuna)), return_exceptions=True
        )
        case = await shift.case(case_id)
        winner, loser = (naoto, yuna) if case.assigned_to == naoto.id else (yuna, naoto)
        assert case.assigned_to == winner.id
        assert answers.count(case_id) == 1
        refused = next(answer for answer in answers if isinstance(answer, Refused))
        assert (refused.code, refused.status, refused.parameters) == ("taken", 409, {"name": winner.name})
        accepted = [e for e in await shift.timeline(case_id) if (e.body or {}).get("key") == "routing.status.accepted"]
        assert len(accepted) == 1
        assert (await shift.run(loser, queries.my_offer)) is None
        await shift.run(winner, verbs.transfer, case_id, "leaders")  # makes room, nobody here leads


async def test_accepting_twice_is_accepting_once(shift: Shift) -> None:
    naoto = await shift.associate()
    _, case_id = await shift.in_line()
    item = await shift.item(case_id)
    await shift.run(naoto, verbs.accept, item.id)
    before = await shift.everything()
    assert await shift.run(naoto, verbs.accept, item.id) == case_id
    assert await shift.everything() == before


async def test_who_was_asked_learns_who_was_quicker(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    yuna = await shift.associate("김 유나")
    await shift.run(yuna, verbs.accept, (await shift.item(case_id)).id)
    assert await _asked(shift, naoto) == [None]
    taken = await shift.run(naoto, queries.taken_from_me)
    assert taken
    assert (taken.case_id, taken.by) == (case_id, yuna.name)


async def test_an_offer_runs_out_and_goes_on_to_the_next(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    yuna = await shift.associate("김 유나")
    both = [naoto, yuna]
    await _later(shift, LIMITS.offer_life - timedelta(seconds=1), both)
    assert await _asked(shift, *both) == [case_id, None]
    await _later(shift, LIMITS.offer_life, both)
    assert await _asked(shift, *both) == [None, case_id]
    await _later(shift, 2 * LIMITS.offer_life, both)
    assert await _asked(shift, *both) == [None, None]  # both have just been asked
    assert (await shift.item(case_id)).state is ItemState.WAITING
    await _later(shift, LIMITS.offer_life + LIMITS.offer_again + timedelta(seconds=1), both)
    assert await _asked(shift, *both) == [case_id, None]  # after a while they are asked again


async def test_who_declines_is_passed_over(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    yuna = await shift.associate("김 유나")
    item = await shift.item(case_id)
    await shift.run(naoto, verbs.decline, item.id)
    assert await _asked(shift, naoto, yuna) == [None, case_id]
    before = await shift.everything()
    await shift.run(naoto, verbs.decline, item.id)  # a second click
    assert await shift.everything() == before
    assert (await shift.case(case_id)).state is State.QUEUED


async def test_nobody_carries_more_than_they_can(shift: Shift) -> None:
    naoto = await shift.associate(capacity=2)
    cases = [(await shift.in_line())[1] for _ in range(3)]
    for case_id in cases[:2]:
        assert await _asked(shift, naoto) == [case_id]
        await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id)
        await shift.system(offer_next)
    assert await _asked(shift, naoto) == [None]
    before = await shift.everything()
    with pytest.raises(Refused) as refused:
        await shift.run(naoto, verbs.accept, (await shift.item(cases[2])).id)
    assert (refused.value.code, refused.value.parameters) == ("at_capacity", {"limit": 2})
    assert await shift.everything() == before
    await shift.run(naoto, verbs.set_presence, Presence.AVAILABLE, 3)
    assert await _asked(shift, naoto) == [cases[2]]


async def test_the_same_hands_take_no_more_than_they_can_by_clicking_fast(shift: Shift) -> None:
    naoto = await shift.associate(capacity=1)
    items = [await shift.item((await shift.in_line())[1]) for _ in range(5)]
    answers = await asyncio.gather(*(shift.run(naoto, verbs.accept, item.id) for item in items), return_exceptions=True)
    assert [isinstance(answer, UUID) for answer in answers].count(True) == 1
    assert {a.code for a in answers if isinstance(a, Refused)} == {"at_capacity"}


async def test_each_person_is_asked_one_thing_at_a_time(shift: Shift) -> None:
    naoto, yuna = await shift.associate("鈴木 直人"), await shift.associate("김 유나")
    customers = [await shift.customer() for _ in range(6)]
    cases = [await shift.chat(customer) for customer in customers]
    await asyncio.gather(*(shift.run(c, verbs.hand_over, case_id) for c, case_id in zip(customers, cases, strict=True)))
    asked = await _asked(shift, naoto, yuna)
    assert None not in asked
    assert len(set(asked)) == 2
    assert len([case_id for case_id in cases if (await shift.item(case_id)).state is ItemState.OFFERED]) == 2


async def test_people_are_asked_in_the_languages_they_speak(shift: Shift) -> None:
    yuna = await shift.associate("김 유나", languages=["ko"])
    _, japanese = await shift.in_line()
    _, korean = await shift.in_line("이 서연", "ko")
    assert await _asked(shift, yuna) == [korean]
    ticket = await shift.ticket(japanese)
    assert (ticket.place, ticket.people_online, ticket.wait_minutes) == (1, 0, None)


async def test_who_cannot_be_served_holds_nobody_up(shift: Shift) -> None:
    for _ in range(3):
        await shift.in_line("이 서연", "ko")
    _, japanese = await shift.in_line()
    naoto = await shift.associate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries_of_offers, "PAGE", 2)
        await shift.run(naoto, verbs.set_presence, Presence.AVAILABLE)
    assert await _asked(shift, naoto) == [japanese]


async def test_some_work_is_for_those_who_know(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    expert = await shift.associate("田中 翔", skills=["refunds"])
    customer = await shift.customer()
    case_id = await shift.chat(customer)
    await shift.run(customer, verbs.hand_over, case_id, skills=["refunds"])
    assert await _asked(shift, naoto, expert) == [None, case_id]


async def test_whose_desk_is_quiet_is_asked_no_more_until_it_speaks(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    yuna = await shift.associate("김 유나")
    quiet = LIMITS.fresh + timedelta(seconds=1)
    with clock.frozen(clock.now() + quiet):
        await shift.run(yuna, verbs.heartbeat)
        await jobs.sweep_offers(shift.db, Nothing())
        assert (await shift.run(naoto, queries.my_presence)).state is Presence.AWAY  # type: ignore[union-attr]
        assert await _asked(shift, naoto, yuna) == [None, case_id]
        await shift.in_line()
        assert await _asked(shift, naoto) == [None]
        await shift.run(naoto, verbs.heartbeat)
        assert (await shift.run(naoto, queries.my_presence)).state is Presence.AVAILABLE  # type: ignore[union-attr]
        assert await _asked(shift, naoto) != [None]


async def test_a_heartbeat_brings_back_nobody_who_went_away_on_purpose(shift: Shift) -> None:
    naoto = await shift.associate()
    _, case_id = await shift.in_line()
    await shift.run(naoto, verbs.set_presence, Presence.AWAY)
    await shift.run(naoto, verbs.heartbeat)
    assert (await shift.run(naoto, queries.my_presence)).state is Presence.AWAY  # type: ignore[union-attr]
    assert await _asked(shift, naoto) == [None]
    assert (await shift.item(case_id)).state is ItemState.WAITING


async def test_whose_desk_is_gone_lets_go_of_what_they_had(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id)
    await _later(shift, LIMITS.fresh + timedelta(seconds=1))
    assert (await shift.case(case_id)).assigned_to == naoto.id  # a lost connection is not yet a lost conversation
    await _later(shift, LIMITS.gone + timedelta(seconds=1))
    case = await shift.case(case_id)
    assert (case.state, case.assigned_to) == (State.QUEUED, None)
    assert (await shift.run(naoto, queries.my_presence)).state is Presence.OFFLINE  # type: ignore[union-attr]


async def test_who_may_no_longer_sign_in_lets_go_of_what_they_had(shift: Shift) -> None:
    naoto = await shift.associate("鈴木 直人")
    _, case_id = await shift.in_line()
    await shift.run(naoto, verbs.accept, (await shift.item(case_id)).id)
    await shift.system(lambda tx: tx.execute("update staff set active = false where id = %s", [naoto.id]))
    await _later(shift, timedelta(seconds=3), [naoto])
    assert (await shift.case(case_id)).state is State.QUEUED


async def test_who_is_not_here_takes_nothing(shift: Shift) -> None:
    _, case_id = await shift.in_line()
    never, left = await shift.associate(here=False), await shift.associate()
    await shift.run(left, verbs.set_presence, Presence.OFFLINE)
    item = await shift.item(case_id)
    before = await shift.everything()
    for actor in (never, left):
        with pytest.raises(Refused, match="not_present"):
            await shift.run(actor, verbs.accept, item.id)
    assert await shift.everything() == before


async def test_who_left_the_line_is_taken_by_nobody(shift: Shift) -> None:
    naoto = await shift.associate()
    customer, case_id = await shift.in_line()
    item = await shift.item(case_id)
    await shift.run(customer, verbs.leave_queue, case_id)
    assert await _asked(shift, naoto) == [None]
    before = await shift.everything()
    with pytest.raises(Refused, match="left_queue"):
        await shift.run(naoto, verbs.accept, item.id)
    assert await shift.everything() == before


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.BOT, Role.SELLER])
async def test_only_staff_take_work(shift: Shift, role: Role) -> None:
    customer, case_id = await shift.in_line()
    item = await shift.item(case_id)
    actor = msgspec.structs.replace(customer, role=role, seller_id=uuid4())
    before = await shift.everything()
    for verb, *args in (
        (verbs.accept, item.id),
        (verbs.decline, item.id),
        (verbs.set_presence, Presence.AVAILABLE),
        (verbs.heartbeat,),
    ):
        with pytest.raises(Refused, match="forbidden"):
            await shift.run(actor, verb, *args)
    assert await shift.everything() == before


async def test_what_does_not_exist_is_not_found(shift: Shift) -> None:
    naoto = await shift.associate()
    for verb in (verbs.accept, verbs.decline):
        with pytest.raises(Refused, match="not_found"):
            await shift.run(naoto, verb, ids.uuid7())


@pytest.mark.parametrize("capacity", [-1, 21])
async def test_a_capacity_is_within_bounds(shift: Shift, capacity: int) -> None:
    naoto = await shift.associate()
    before = await shift.everything()
    with pytest.raises(Refused, match="invalid_capacity"):
        await shift.run(naoto, verbs.set_presence, Presence.AVAILABLE, capacity)
    assert await shift.everything() == before


async def test_a_busy_hour_loses_and_doubles_nothing(shift: Shift) -> None:
    """Customers come and go, associates take, decline, give away and leave, all at once."""
    staff = [await shift.associate(f"担当 {n}", role=Role.LEADER, capacity=2) for n in range(4)]
    waiting = [await shift.in_line() for _ in range(12)]

    async def restless(actor: Actor, turns: int) -> None:
        for turn in range(turns):
            for row in await shift.run(actor, queries.queue_list):
                verb = verbs.decline if turn % 3 == 2 else verbs.accept
                await _unless_refused(shift.run(actor, verb, row.item_id))
            for case in await shift.run(actor, queries.my_cases):
                await _unless_refused(shift.run(actor, verbs.transfer, case.case_id, "support"))
        await shift.run(actor, verbs.set_presence, Presence.OFFLINE)

    async def fickle(customer: Actor, case_id: UUID) -> None:
        for _ in range(2):
            await shift.run(customer, verbs.leave_queue, case_id)
            await shift.run(customer, verbs.hand_over, case_id)

    await asyncio.gather(
        *(restless(actor, 4) for actor in staff), *(fickle(customer, case_id) for customer, case_id in waiting[:4])
    )
    for _, case_id in waiting:
        case, item = await shift.case(case_id), await shift.item(case_id)
        assert (case.state, item.state, case.assigned_to) == (State.QUEUED, ItemState.WAITING, None)
        seqs = [entry.seq for entry in await shift.timeline(case_id)]
        assert seqs == list(range(1, case.last_seq + 1))


async def _unless_refused(wish: Awaitable[object]) -> None:
    with suppress(Refused):
        await wish

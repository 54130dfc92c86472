"""Choosing people, estimating waits, opening hours, whose turn it is: by tables."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from madoguchi.service.routing import hours, rules
from madoguchi.service.routing.hours import Hours, Opening
from madoguchi.service.routing.rules import HandleTime, Person, Presence, Priority

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # Tuesday, 10:00 in Tokyo


def _person(number: int = 1, **changes: object) -> Person:
    facts: dict[str, object] = {
        "id": UUID(int=number),
        "name": f"担当 {number}",
        "languages": ["ja"],
        "skills": ["associate"],
        "state": Presence.AVAILABLE,
        "seen_at": NOW,
        "capacity": 3,
        "load": 0,
        "offered": False,
        "idle_since": NOW,
    }
    return Person(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("people", "chosen"),
    [
        ([], None),
        ([_person(1, load=1), _person(2, load=0)], 2),
        ([_person(1, idle_since=NOW), _person(2, idle_since=NOW - timedelta(minutes=5))], 2),
        ([_person(1, load=1, idle_since=NOW - timedelta(hours=1)), _person(2)], 2),  # load before idleness
        ([_person(1, load=3)], None),
        ([_person(1, capacity=0)], None),
        ([_person(1, offered=True)], None),
        ([_person(1, languages=["ko"])], None),
        ([_person(1, languages=["ko"]), _person(2, languages=["ko", "ja"])], 2),
    ],
)
def test_work_is_offered_to_the_least_loaded_then_the_longest_idle(people: list[Person], chosen: int | None) -> None:
    person = rules.choose(people, "ja", [])
    assert (person and person.id.int) == chosen


def test_work_is_offered_to_those_who_know_what_is_needed() -> None:
    people = [_person(1), _person(2, skills=["associate", "refunds"], load=2)]
    assert rules.choose(people, "ja", ["refunds"]) == people[1]
    assert rules.choose(people, "ja", ["refunds", "leader"]) is None


def test_work_is_not_offered_to_who_has_just_refused_it() -> None:
    people = [_person(1), _person(2, load=2)]
    assert rules.choose(people, "ja", [], [people[0].id]) == people[1]


@pytest.mark.parametrize(
    ("state", "quiet", "online"),
    [
        (Presence.AVAILABLE, timedelta(0), True),
        (Presence.AVAILABLE, timedelta(seconds=45), True),
        (Presence.AVAILABLE, timedelta(seconds=46), False),
        (Presence.AWAY, timedelta(0), False),
        (Presence.OFFLINE, timedelta(0), False),
    ],
)
def test_online_is_who_takes_work_and_whose_desk_has_told_so_lately(
    state: Presence, quiet: timedelta, online: bool
) -> None:
    assert _person(state=state, seen_at=NOW - quiet).online(NOW) is online


FIVE_TO_TEN = HandleTime(300, 600)


@pytest.mark.parametrize(
    ("place", "people", "handle", "wait"),
    [
        (1, [], FIVE_TO_TEN, None),  # nobody is there
        (1, [_person(capacity=0)], FIVE_TO_TEN, None),
        (1, [_person()], None, (1, 1)),  # a hand is free: as long as two offers take
        (3, [_person()], None, (1, 1)),
        (4, [_person()], None, None),  # nobody has ever been served: nobody can say
        (1, [_person(load=3)], FIVE_TO_TEN, (1, 4)),  # one of three conversations ends in 100 to 200 s
        (6, [_person(load=3)], FIVE_TO_TEN, (10, 20)),
        (6, [_person(load=3), _person(2, load=3)], FIVE_TO_TEN, (5, 10)),
        (6, [_person(load=3), _person(2, load=1)], FIVE_TO_TEN, (3, 7)),
        (1, [_person(load=1, capacity=1)], HandleTime(5, 5), (1, 2)),  # never less than a minute, always a range
    ],
)
def test_the_wait_is_a_range_or_nothing(
    place: int, people: list[Person], handle: HandleTime | None, wait: tuple[int, int] | None
) -> None:
    assert rules.wait_minutes(place, people, handle) == wait


@pytest.mark.parametrize(
    ("reason", "priority"),
    [
        (None, Priority.NORMAL),
        ("order.cancel", Priority.NORMAL),
        ("service.complaint", Priority.HIGH),
        ("item.safety", Priority.URGENT),
    ],
)
def test_the_reason_decides_how_urgent_it_is(reason: str | None, priority: Priority) -> None:
    assert rules.priority_of(reason) is priority


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("customer", "ours", "since"),
    [
        (None, None, NOW),  # opened and said nothing
        (None, NOW + MINUTE, NOW + MINUTE),
        (NOW + MINUTE, None, None),  # nobody has answered yet
        (NOW + MINUTE, NOW + 2 * MINUTE, NOW + 2 * MINUTE),
        (NOW + 3 * MINUTE, NOW + 2 * MINUTE, None),
    ],
)
def test_a_customer_is_silent_only_when_it_is_their_turn(
    customer: datetime | None, ours: datetime | None, since: datetime | None
) -> None:
    assert rules.customer_silent_since(customer, ours, NOW) == since


WEEK = Hours(
    "Asia/Tokyo",
    (Opening(2, 540, 720), Opening(2, 780, 1080), Opening(5, 1320, 1440), Opening(6, 0, 120)),
)


def _tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        (_tokyo(3, 8, 59), False, _tokyo(3, 9)),
        (_tokyo(3, 9), True, _tokyo(3, 13)),
        (_tokyo(3, 11, 59), True, _tokyo(3, 13)),
        (_tokyo(3, 12), False, _tokyo(3, 13)),
        (_tokyo(3, 18), False, _tokyo(6, 22)),
        (_tokyo(6, 23, 59), True, _tokyo(7, 0)),
        (_tokyo(7, 0), True, _tokyo(10, 9)),  # a night goes on
        (_tokyo(7, 2), False, _tokyo(10, 9)),
    ],
)
def test_opening_hours_are_those_of_the_queues_own_zone(at: datetime, is_open: bool, opens: datetime) -> None:
    assert hours.is_open(WEEK, at) is is_open
    assert hours.next_opening(WEEK, at) == opens


def test_without_hours_it_is_always_open() -> None:
    assert hours.is_open(None, NOW)


def test_what_never_opens_says_so() -> None:
    never = Hours("Asia/Tokyo", ())
    assert not hours.is_open(never, NOW)
    assert hours.next_opening(never, NOW) is None

"""Who is offered what, how long waiting takes, and when silence ends a conversation. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from math import ceil, floor
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.kit.errors import Refused

QUEUE = "queue:all"  # woken whenever the line changes


def person_topic(staff: UUID) -> str:
    """What an associate's desk listens to."""
    return f"person:{staff}"


def staff_id(actor: Actor) -> UUID:
    """Who of the staff acts; Refused("forbidden") for anybody else."""
    if not actor.is_staff or actor.id is None:
        raise Refused("forbidden", 403)
    return actor.id


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take, and how much one person carries."""

    offer_life: timedelta = timedelta(seconds=30)
    offer_again: timedelta = timedelta(minutes=2)  # until the same person is offered the same work once more
    fresh: timedelta = timedelta(seconds=45)  # a heartbeat older than this: away
    gone: timedelta = timedelta(minutes=5)  # and older than this: offline, their conversations go to others
    park_after: timedelta = timedelta(minutes=15)  # of silence when it is the customer's turn
    end_after: timedelta = timedelta(hours=24)
    capacity: int = 3  # conversations at once
    text: int = 1_000  # characters of what was done and what is promised


LIMITS = Limits()
MOST_AT_ONCE = 20  # the largest capacity anyone may set


class Priority(IntEnum):
    """Who comes first; within one, whoever waits longest."""

    URGENT = 0  # somebody may be hurt, or is being robbed
    RETURNING = 1  # had a person already, and lost them
    HIGH = 2
    NORMAL = 3


_BY_REASON = {
    "item.safety": Priority.URGENT,
    "security.compromised": Priority.URGENT,
    "service.complaint": Priority.HIGH,
    "service.promise_not_kept": Priority.HIGH,
    "service.unreachable": Priority.HIGH,
}


def priority_of(reason: str | None) -> Priority:
    """How urgent a contact reason is."""
    return _BY_REASON.get(reason or "", Priority.NORMAL)


class ItemState(StrEnum):
    """Where a piece of work is."""

    WAITING = "waiting"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    PARKED = "parked"  # the customer is silent; it has a holder but takes no place in their hands
    DONE = "done"
    LEFT = "left"  # the customer left before anyone came


IN_LINE = frozenset({ItemState.WAITING, ItemState.OFFERED})


class Presence(StrEnum):
    """Whether an associate takes work."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class OfferOutcome(StrEnum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What came of a conversation, in the eyes of the associate."""

    SOLVED = "solved"
    PARTLY = "partly"
    NOT_SOLVED = "not_solved"
    NO_ANSWER = "no_answer"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An associate as routing sees them. `skills` contain the role; `offered` while an offer waits for their answer."""

    id: UUID
    name: str
    languages: list[str]
    skills: list[str]
    state: Presence
    seen_at: datetime
    capacity: int
    load: int
    offered: bool
    idle_since: datetime

    def online(self, now: datetime) -> bool:
        """Whether they take work and their desk has told so lately."""
        return self.state is Presence.AVAILABLE and now - self.seen_at <= LIMITS.fresh

    @property
    def free(self) -> int:
        """How many more conversations they can take."""
        return max(self.capacity - self.load, 0)

    def can_serve(self, language: str, skills: Collection[str]) -> bool:
        """Whether they speak the language and know what is needed."""
        return language in self.languages and set(skills) <= set(self.skills)


def choose(
    people: Sequence[Person], language: str, skills: Collection[str], refused_by: Collection[UUID] = ()
) -> Person | None:
    """Whom to offer work to: of those who can and have not just refused it, the least loaded, then the longest idle."""
    able = [
        person
        for person in people
        if person.free and not person.offered and person.can_serve(language, skills) and person.id not in refused_by
    ]
    return min(able, key=lambda person: (person.load, person.idle_since, person.id), default=None)


class HandleTime(msgspec.Struct, frozen=True):
    """How long conversations took lately, in seconds: a quarter took less than `short`, a quarter more than `long`."""

    short: float
    long: float


def wait_minutes(place: int, able: Sequence[Person], handle: HandleTime | None) -> tuple[int, int] | None:
    """From how many to how many minutes until somebody comes to the `place`-th; None when nobody can say.

    `able` are the people online who could serve. While one of them has a hand free it takes two offers at most;
    after that conversations end one after another, at a rate that grows with the hands there are.
    """
    hands = sum(person.capacity for person in able)
    free = sum(person.free for person in able)
    if not hands:
        return None
    if place <= free:
        soon = ceil(2 * LIMITS.offer_life.total_seconds() / 60)
        return (soon, soon)
    if handle is None:
        return None
    turns = (place - free) / hands / 60
    low = max(floor(turns * handle.short), 1)
    return (low, max(ceil(turns * handle.long), low + 1))


def customer_silent_since(
    last_customer_at: datetime | None, last_staff_at: datetime | None, opened_at: datetime
) -> datetime | None:
    """Since when it has been the customer's turn; None while an answer is owed to them."""
    ours = last_staff_at or opened_at
    return None if last_customer_at and last_customer_at > ours else ours

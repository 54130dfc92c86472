"""Facts in the past tense, on their way to the rooms that react.

An event lives only in the jobs it causes: `record` puts in one job per reaction, in the transaction of the fact,
keyed by (event, reaction). Which event has which reactions is one table, handed in by app.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec

from madoguchi.kit import ids, jobs
from madoguchi.kit.db import Tx


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all facts. `name` is `room.fact`; readers accept the present `version` and the one before."""

    name: ClassVar[str]
    version: ClassVar[int] = 1


E = TypeVar("E", bound=Event)


class Happened(msgspec.Struct, frozen=True):
    """What a reaction gets: the fact in builtins, its id, and when it was recorded."""

    id: UUID
    name: str
    version: int
    at: datetime
    fact: dict[str, object]

    def as_(self, kind: type[E]) -> E:
        """The fact as its Struct."""
        return msgspec.convert(self.fact, kind)


Reactions = Mapping[type[Event], Sequence[str]]
_reactions: Reactions = {}


def wire(reactions: Reactions) -> None:
    """Set the table of reactions (event → names of jobs); app.py calls it once."""
    global _reactions
    _reactions = reactions


async def record(tx: Tx, event: Event) -> None:
    """State that something happened; its reactions run after the commit, at least once."""
    reactions = _reactions.get(type(event), ())
    if not reactions:
        return
    happened = Happened(ids.uuid7(), event.name, event.version, tx.now, msgspec.to_builtins(event))
    for reaction in reactions:
        await jobs.enqueue(tx, reaction, happened, key=f"{happened.id}:{reaction}")

"""What became of returns."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class ReturnOpened(Event, frozen=True, kw_only=True):
    """A return was agreed to: the slip is there."""

    name: ClassVar[str] = "returns.opened"
    return_id: UUID


class ReturnMoved(Event, frozen=True, kw_only=True):
    """A return is in another state than before; `state` is a word of ReturnState."""

    name: ClassVar[str] = "returns.moved"
    return_id: UUID
    state: str

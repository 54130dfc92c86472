"""What happened to cases."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class CaseOpened(Event, frozen=True, kw_only=True):
    """A customer began a case."""

    name: ClassVar[str] = "cases.opened"
    case_id: UUID


class CaseClosed(Event, frozen=True, kw_only=True):
    """A case ended; `handled_by` is `bot` or `associate`, `silent` when it ended by itself."""

    name: ClassVar[str] = "cases.closed"
    case_id: UUID
    handled_by: str
    silent: bool

"""What happened to cases."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class CaseOpened(Event, frozen=True, kw_only=True):
    """A customer began a case."""

    name: ClassVar[str] = "cases.opened"
    case_id: UUID


class CaseResumed(Event, frozen=True, kw_only=True):
    """The customer came back to a parked case that people had; it stays parked until somebody is found for it."""

    name: ClassVar[str] = "cases.resumed"
    case_id: UUID


class CaseClosed(Event, frozen=True, kw_only=True):
    """A case ended, and with it its running contact; `handled_by` is `bot`, `associate` or `seller`.

    `silent`: by itself.
    """

    name: ClassVar[str] = "cases.closed"
    case_id: UUID
    contact_id: UUID
    handled_by: str
    silent: bool

"""What became of wishes."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class RequestSettled(Event, frozen=True, kw_only=True):
    """A confirmed change ended: done, partly done or failed."""

    name: ClassVar[str] = "requests.settled"
    request_id: UUID
    case_id: UUID | None = None


class ApprovalAsked(Event, frozen=True, kw_only=True):
    """A confirmed change waits for somebody who may grant it."""

    name: ClassVar[str] = "requests.approval_asked"
    request_id: UUID
    case_id: UUID | None = None

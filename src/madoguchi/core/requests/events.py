"""What became of wishes."""

from typing import ClassVar
from uuid import UUID

from madoguchi.core.access.rules import Audience
from madoguchi.kit.events import Event


class RequestSettled(Event, frozen=True, kw_only=True):
    """A confirmed change ended: done, partly done or failed; `audience` may learn of it."""

    name: ClassVar[str] = "requests.settled"
    request_id: UUID
    case_id: UUID | None = None
    audience: Audience = Audience.CUSTOMER


class ApprovalAsked(Event, frozen=True, kw_only=True):
    """A confirmed change waits for somebody who may grant it; `audience` may learn of it."""

    name: ClassVar[str] = "requests.approval_asked"
    request_id: UUID
    case_id: UUID | None = None
    audience: Audience = Audience.CUSTOMER

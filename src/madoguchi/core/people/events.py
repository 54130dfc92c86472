"""What happened to people."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class CodeRequested(Event, frozen=True, kw_only=True):
    """A one-time code is to be sent to the customer's address on file. It dies within minutes."""

    name: ClassVar[str] = "people.code_requested"
    customer_id: UUID
    code: str
    locale: str

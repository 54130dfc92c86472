"""What happened to people."""

from typing import Any, ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class CodeRequested(Event, frozen=True, kw_only=True):
    """A one-time code is to be sent to the customer's address on file. It dies within minutes."""

    name: ClassVar[str] = "people.code_requested"
    customer_id: UUID
    code: str
    locale: str


class CustomerNews(Event, frozen=True, kw_only=True):
    """A room has something to tell a customer by itself: the letter `template`, with its packed parameters.

    `paths` are pages of ours by the name of their link, the one to go on with first.
    """

    name: ClassVar[str] = "people.news"
    customer_id: UUID
    template: str
    parameters: dict[str, Any]
    paths: dict[str, str]
    order_id: UUID | None = None

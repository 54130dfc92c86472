"""What is told to sellers."""

from typing import Any, ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class SellerNews(Event, frozen=True, kw_only=True):
    """A room has something to tell a seller's people by itself: the letter `template`, with its packed parameters.

    Nothing of a customer stands in them. `paths` are pages of the sellers' by the name of their link.
    """

    name: ClassVar[str] = "sellers.news"
    seller_id: UUID
    template: str
    parameters: dict[str, Any]
    paths: dict[str, str]

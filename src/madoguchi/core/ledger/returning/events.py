"""What becomes of units that are to come back, decided elsewhere."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class ReturnNeedless(Event, frozen=True, kw_only=True):
    """Units of an order are about to be made good wherever they are: those that were not sent yet can stay there."""

    name: ClassVar[str] = "ledger.return_needless"
    order_id: UUID
    units: Mapping[str, int]

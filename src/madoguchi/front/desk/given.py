"""What associates fill in on a case's page: as it is posted, and as the page shows it again when it was refused."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from madoguchi.service.routing.rules import LIMITS, Outcome

Seq = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Line = Annotated[str, msgspec.Meta(max_length=LIMITS.text)]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message, or with `note` a note among staff.

    `seen` is the last entry on the writer's page, `checked` the warnings they have read and do not share.
    """

    client_id: str = ""
    text: str = ""
    note: bool = False
    seen: Seq = 0
    checked: str = ""


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom, as `staff:<id>` or `queue:<name>`, and a word for whoever gets it."""

    to: str
    note: Line = ""

    @property
    def receiver(self) -> UUID | str | None:
        """The colleague's id or the queue's name; None for neither."""
        kind, _, name = self.to.partition(":")
        if kind == "queue":
            return name
        try:
            return UUID(name)
        except ValueError:
            return None


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why they wrote, what came of it, what was done; a promise goes with the day it is due (YYYY-MM-DD)."""

    reason: str
    outcome: Outcome
    done: Line = ""
    promise: Line = ""
    promise_due: str = ""


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with which order; with `part` only to so many units of these lines (field `units[<line>]`)."""

    action: str
    order_id: UUID
    part: bool = False
    units: dict[str, int] = {}

    @property
    def arguments(self) -> dict[str, Any]:
        """As the action takes them."""
        lines = {"lines": {ref: count for ref, count in self.units.items() if count}} if self.part else {}
        return {"order_id": str(self.order_id)} | lines


Given = Words | Transfer | Record | Ask

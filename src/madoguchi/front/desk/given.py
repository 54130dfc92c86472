"""What associates fill in on a case's page: as it is posted, and as the page shows it again when it was refused."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from madoguchi.kit.errors import Refused
from madoguchi.service.routing.rules import LIMITS, Outcome

_THINGS = ("order_id", "parcel_ref", "customer_id", "subscription_ref", "case_id", "return_id", "gift_id")

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


class Ask(msgspec.Struct, frozen=True):
    """What to do with which thing (`about`, as it stands in the action's arguments); `values` as its form was posted.

    Without values (one click) the defaults count.
    """

    action: str
    about: dict[str, str]
    values: dict[str, Any] | None

    @classmethod
    def of(cls, posted: dict[str, Any]) -> "Ask":
        """A form with the fields `action`, those that name the thing and, with `filled`, those of the action."""
        values = dict(posted)
        action = str(values.pop("action", ""))
        about = {name: str(values.pop(name)) for name in _THINGS if name in values}
        filled = values.pop("filled", "")
        if values and not filled:
            raise Refused("invalid_form", detail=min(values))
        return cls(action, about, values if filled else None)

    @property
    def order_id(self) -> UUID | None:
        """The order that it is about."""
        return UUID(self.about["order_id"]) if "order_id" in self.about else None


Given = Words | Transfer | Record | Ask

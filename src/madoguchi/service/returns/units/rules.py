"""One unit that comes back: what was found, how the ledger has it, what is to be done about it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.policy.pack import Trigger
from madoguchi.service.returns.rules import (
    WITHOUT_GOODS,
    Acceptance,
    Booked,
    Disposition,
    Grade,
    Reception,
    Why,
)

_NOT_WITH_US = frozenset({Disposition.BACK_TO_CUSTOMER, Disposition.MISSING})
_BEFORE: Mapping[Reception, tuple[Trigger, ...]] = {
    Reception.AWAITING: (Trigger.NOW,),
    Reception.IN_TRANSIT: (Trigger.NOW, Trigger.FIRST_SCAN),
    Reception.RECEIVED: (Trigger.NOW, Trigger.FIRST_SCAN, Trigger.RECEIVED),
}


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One unit that is to come back.

    `promised` is the share of its price, in percent, if it is as the customer says, `if_opened` if it was opened;
    `percent` is what is given after it was looked at. `keep`: it need not come back. `worth` and `paid` are minor
    units, once there was money for it. `late`: it came after it was given up, so that a person decides about it.
    `clauses`: those of the law that had a part in what is given. `advance_id`: it was given for before anybody had
    looked at it. `sent_back` is the consignment in which it goes back to the customer. Other goods went out for it by
    the store's order `out_ref`, and cost `less` (minor units), or were `called_off`.
    """

    id: UUID
    return_id: UUID
    line_ref: str
    sku: str
    name: str
    promised: int
    if_opened: int = 100
    keep: bool = False
    reception: Reception = Reception.AWAITING
    acceptance: Acceptance = Acceptance.PENDING
    percent: int | None = None
    why: Why | None = None
    grade: Grade | None = None
    disposition: Disposition | None = None
    note: str = ""
    booked: Booked = Booked.OPEN
    worth: int | None = None
    paid: int = 0
    replaced: bool = False
    settled_at: datetime | None = None
    received_at: datetime | None = None
    inspected_at: datetime | None = None
    restocked_at: datetime | None = None
    late: bool = False
    clauses: tuple[str, ...] = ()
    sent_back: UUID | None = None
    advance_id: UUID | None = None
    out_ref: str | None = None
    called_off: bool = False
    less: int = 0

    @property
    def given(self) -> int:
        """The share of its price that is given for it, as far as it is decided, in percent."""
        if self.acceptance is Acceptance.REJECTED:
            return 0
        return self.promised if self.percent is None else self.percent

    @property
    def is_early(self) -> bool:
        """Whether nobody has looked at it, and somebody will."""
        return self.acceptance is Acceptance.PENDING and self.reception not in WITHOUT_GOODS and not self.late

    @property
    def redeemed(self) -> int:
        """What of its price was owed as far as is known, in minor units: nothing until it was looked at."""
        whole = self.worth or 0
        if self.reception in WITHOUT_GOODS:
            return whole if self.replaced else share_of(whole, self.promised)
        if self.acceptance not in {Acceptance.ACCEPTED, Acceptance.REDUCED}:
            return 0
        return whole if self.replaced and self.given == self.promised else share_of(whole, self.given)

    @property
    def stands_open(self) -> bool:
        """Whether what was given for it early was not owed, or nobody knows yet."""
        return self.redeemed < (self.worth or 0 if self.replaced else share_of(self.worth or 0, self.promised))

    @property
    def under_way(self) -> bool:
        """Whether a carrier has it, or somebody is to look at it."""
        undecided = self.acceptance in {Acceptance.PENDING, Acceptance.MANUAL}
        return self.reception is Reception.IN_TRANSIT or (self.reception is Reception.RECEIVED and undecided)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about a unit: how the ledger has it from now on, what it costs and is given, in minor units.

    `replace`: other goods are given for it. `early`: nobody has looked at it, and it can be called back. `first`: no
    money was given for it before, or it was taken again.
    """

    unit_id: UUID
    line_ref: str
    before: Booked
    to: Booked
    worth: int | None
    pay: int = 0
    replace: bool = False
    early: bool = False
    first: bool = True


def share_of(worth: int, percent: int) -> int:
    """A share of an amount in minor units, rounded half up, never above it."""
    return (2 * worth * percent + 100) // 200


def booking(trigger: Trigger, unit: Unit) -> Booked | None:
    """How the ledger must have a unit that money can be given for now, or that is done without; None: not yet."""
    if unit.booked in {Booked.RETURNED, Booked.KEPT}:
        return unit.booked  # what was given before is called back by its advance, if at all
    if unit.reception in WITHOUT_GOODS:
        return Booked.KEPT
    if unit.acceptance in {Acceptance.ACCEPTED, Acceptance.REDUCED}:
        return Booked.KEPT if unit.disposition in _NOT_WITH_US else Booked.RETURNED
    if unit.acceptance is Acceptance.REJECTED:
        return Booked.FREE
    early = unit.acceptance is Acceptance.PENDING and not (unit.late or unit.called_off)
    return Booked.RETURNED if early and _paid_before(trigger, unit.reception) else None


def _paid_before(trigger: Trigger, reception: Reception) -> bool:
    """Whether the rules pay a unit before anybody has looked at it."""
    return trigger in _BEFORE.get(reception, ())


def is_due(trigger: Trigger, unit: Unit) -> bool:
    """Whether something is to be done about a unit: for the first time, or again after a second look at it."""
    return unit.settled_at is None and booking(trigger, unit) is not None


def still_wanted(unit: Unit) -> bool:
    """Whether the new goods of an exchange may still go out for a unit."""
    return not (unit.replaced or unit.called_off)


def goes_to_stock(unit: Unit) -> bool:
    """Whether the shop must be told that a unit stands in its shelf again."""
    ours = unit.booked is Booked.RETURNED and unit.settled_at is not None
    return ours and unit.disposition is Disposition.RESTOCK and unit.restocked_at is None


def goes_back(unit: Unit) -> bool:
    """Whether something lies in the warehouse that is not paid for, or came in a unit's place, and stays there."""
    here = unit.reception in {Reception.RECEIVED, Reception.WRONG_ITEM}
    decided = unit.acceptance is Acceptance.REJECTED and unit.settled_at is not None
    return here and decided and unit.sent_back is None


def counted(units: Sequence[Unit | Due]) -> dict[str, int]:
    """How many units of which lines."""
    refs = [unit.line_ref for unit in units]
    return {ref: refs.count(ref) for ref in dict.fromkeys(refs)}

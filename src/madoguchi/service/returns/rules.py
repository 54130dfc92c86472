"""What a return is made of, and where each part of it may go. Pure.

A unit has two machines: reception, what physically happened, and acceptance, what we decide. The state of the return
follows from its units.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import msgspec

from madoguchi.core.policy.pack import Trigger

S = TypeVar("S", bound=StrEnum)
REMIND_BEFORE = timedelta(days=5)  # the end of the label
LOST_AFTER = timedelta(days=21)  # since the carrier had it in hand


class Wish(StrEnum):
    """What the customer gets for what comes back."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    EXCHANGE = "exchange"


class Reception(StrEnum):
    """What happened to a unit."""

    AWAITING = "awaiting"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    SHORT = "short"  # the parcel came without it
    WRONG_ITEM = "wrong_item"  # something else was in its place
    LOST = "lost"  # by the carrier
    KEPT = "kept"  # it need not come back
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Acceptance(StrEnum):
    """What we decide about a unit."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REDUCED = "reduced"  # for a part of its price
    REJECTED = "rejected"  # it goes back to the customer, or never came
    MANUAL = "manual"  # somebody has to decide


RECEPTION: Mapping[Reception, frozenset[Reception]] = {
    Reception.AWAITING: frozenset(Reception) - {Reception.AWAITING},
    Reception.IN_TRANSIT: frozenset(
        {Reception.AWAITING, Reception.RECEIVED, Reception.SHORT, Reception.WRONG_ITEM, Reception.LOST}
    ),
    Reception.LOST: frozenset({Reception.RECEIVED}),  # found after all: the customer keeps the money
    Reception.RECEIVED: frozenset(),
    Reception.SHORT: frozenset(),
    Reception.WRONG_ITEM: frozenset(),
    Reception.KEPT: frozenset(),
    Reception.CANCELLED: frozenset({Reception.RECEIVED}),  # sent all the same: somebody decides about it
    Reception.EXPIRED: frozenset({Reception.IN_TRANSIT, Reception.RECEIVED}),
}
_DECIDED = frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED, Acceptance.REJECTED})
ACCEPTANCE: Mapping[Acceptance, frozenset[Acceptance]] = {
    Acceptance.PENDING: _DECIDED | {Acceptance.MANUAL},
    Acceptance.MANUAL: _DECIDED,
    Acceptance.REJECTED: frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED}),  # on appeal
    Acceptance.REDUCED: frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED}),
    Acceptance.ACCEPTED: frozenset(),
}
NOT_COMING = frozenset({Reception.CANCELLED, Reception.EXPIRED})
COMING = frozenset({Reception.AWAITING, Reception.IN_TRANSIT})
WITHOUT_GOODS = frozenset({Reception.LOST, Reception.KEPT})  # made good though nothing came
NOT_HERE = frozenset({Reception.SHORT, Reception.WRONG_ITEM})


class Stage(StrEnum):
    """Whether a return was agreed to."""

    REQUESTED = "requested"
    REVIEW = "review"  # somebody has to agree
    AGREED = "agreed"
    DECLINED = "declined"
    CANCELLED = "cancelled"  # taken back before, or the store did not take it


class ReturnState(StrEnum):
    """Where a return is as a whole."""

    REQUESTED = "requested"
    REVIEW = "review"
    DECLINED = "declined"
    APPROVED = "approved"  # the slip is there, the parcel is not on its way
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LOST = "lost"
    KEPT = "kept"


ENDED = frozenset(
    {
        ReturnState.DECLINED,
        ReturnState.SETTLED,
        ReturnState.CANCELLED,
        ReturnState.EXPIRED,
        ReturnState.LOST,
        ReturnState.KEPT,
    }
)


class Condition(StrEnum):
    """How the goods are, as the customer tells it."""

    UNOPENED = "unopened"
    OPENED = "opened"
    USED = "used"
    INCOMPLETE = "incomplete"
    UNTAGGED = "untagged"


class Grade(StrEnum):
    """How the goods are, as the warehouse finds them."""

    NEW = "new"
    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"


class Disposition(StrEnum):
    """What becomes of the goods."""

    RESTOCK = "restock"
    RESELL = "resell"
    REPAIR = "repair"
    DISCARD = "discard"
    BACK_TO_CUSTOMER = "back_to_customer"
    MISSING = "missing"


_NOT_WITH_US = frozenset({Disposition.BACK_TO_CUSTOMER, Disposition.MISSING})


class Why(StrEnum):
    """Why less than promised is given for a unit."""

    OPENED = "opened"
    USED = "used"
    INCOMPLETE = "incomplete"
    DAMAGED = "damaged"
    NOT_OURS = "not_ours"
    EMPTY = "empty"


class Fee(StrEnum):
    """What is taken off, where the fault is the customer's."""

    RETURN_POSTAGE = "return_postage"
    RESTOCKING = "restocking"


class Stray(StrEnum):
    """Why a parcel is put aside."""

    UNKNOWN = "unknown"  # nobody knows what it is
    AGAIN = "again"  # all that it could hold is here already
    ENDED = "ended"  # its return was called off, or has expired


class Booked(StrEnum):
    """How the ledger has a unit."""

    OPEN = "open"
    RETURNED = "returned"
    KEPT = "kept"
    FREE = "free"


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


def may_go(machine: Mapping[S, frozenset[S]], old: S, new: S) -> bool:
    """Whether a machine can go from one state to the other."""
    return new in machine[old]


def state(stage: Stage, units: Sequence[Unit]) -> ReturnState:
    """The state of a return, by what became of its units; what was called off counts where nothing else is left."""
    if stage is not Stage.AGREED:
        return ReturnState(stage)
    left = [unit for unit in units if unit.reception not in NOT_COMING]
    if not left:
        cancelled = all(unit.reception is Reception.CANCELLED for unit in units)
        return ReturnState.CANCELLED if cancelled else ReturnState.EXPIRED
    if any(unit.reception is Reception.IN_TRANSIT for unit in left):
        return ReturnState.IN_TRANSIT
    here = [unit for unit in left if unit.reception is not Reception.AWAITING]
    if not all(map(_decided, here)):
        return ReturnState.RECEIVED
    if any(unit.settled_at is None for unit in here):
        return ReturnState.INSPECTED
    if len(here) < len(left):
        return ReturnState.APPROVED
    return _ended(here)


def _decided(unit: Unit) -> bool:
    return unit.acceptance in _DECIDED or unit.reception in WITHOUT_GOODS


def _ended(units: Sequence[Unit]) -> ReturnState:
    if all(unit.reception is Reception.LOST for unit in units):
        return ReturnState.LOST
    if all(unit.reception is Reception.KEPT for unit in units):
        return ReturnState.KEPT
    return ReturnState.SETTLED


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


def goes_to_stock(unit: Unit) -> bool:
    """Whether the shop must be told that a unit stands in its shelf again."""
    ours = unit.booked is Booked.RETURNED and unit.settled_at is not None
    return ours and unit.disposition is Disposition.RESTOCK and unit.restocked_at is None


def goes_back(unit: Unit) -> bool:
    """Whether something lies in the warehouse that is not paid for, or came in a unit's place, and stays there."""
    here = unit.reception in {Reception.RECEIVED, Reception.WRONG_ITEM}
    decided = unit.acceptance is Acceptance.REJECTED and unit.settled_at is not None
    return here and decided and unit.sent_back is None


def is_due(trigger: Trigger, unit: Unit) -> bool:
    """Whether something is to be done about a unit: for the first time, or again after a second look at it."""
    return unit.settled_at is None and booking(trigger, unit) is not None


def has_due(trigger: Trigger, units: Sequence[Unit]) -> bool:
    """Whether something of a return is to be settled now; what lies on one table is settled together."""
    due = [unit for unit in units if is_due(trigger, unit)]
    on_the_table = any(
        unit.reception is Reception.RECEIVED and unit.acceptance is Acceptance.PENDING and unit.settled_at is None
        for unit in units
    )
    return any(not on_the_table or unit.acceptance is Acceptance.PENDING for unit in due)


def comes_to_nothing(units: Sequence[Unit]) -> bool:
    """Whether nothing is given for what was sent back."""
    left = [unit for unit in units if unit.reception not in NOT_COMING]
    return bool(left) and all(unit.acceptance is Acceptance.REJECTED for unit in left)


def still_wanted(unit: Unit) -> bool:
    """Whether the new goods of an exchange may still go out for a unit."""
    return not (unit.replaced or unit.called_off)


def calls_off(wish: Wish, units: Sequence[Unit]) -> bool:
    """Whether something is set aside in an exchange for a unit that does not come back."""
    return wish is Wish.EXCHANGE and any(unit.reception in NOT_COMING and still_wanted(unit) for unit in units)


def _paid_before(trigger: Trigger, reception: Reception) -> bool:
    """Whether the rules pay a unit before anybody has looked at it."""
    return trigger in _BEFORE.get(reception, ())


_BEFORE: Mapping[Reception, tuple[Trigger, ...]] = {
    Reception.AWAITING: (Trigger.NOW,),
    Reception.IN_TRANSIT: (Trigger.NOW, Trigger.FIRST_SCAN),
    Reception.RECEIVED: (Trigger.NOW, Trigger.FIRST_SCAN, Trigger.RECEIVED),
}


def expected(units: Sequence[Unit]) -> list[Unit]:
    """What may be in a parcel that comes; what was called off only where nothing else can be meant."""
    coming = [unit for unit in units if unit.reception in {*COMING, Reception.LOST}]
    if coming or any(unit.received_at for unit in units):
        return coming
    return [unit for unit in units if unit.reception in NOT_COMING]


def next_look(
    units: Sequence[Unit], *, remind_at: datetime | None, ends_at: datetime, lost_at: datetime | None
) -> datetime | None:
    """When time alone changes something next: a reminder, the end of the return, or a parcel that is given up."""
    receptions = {unit.reception for unit in units}
    moments = []
    if Reception.AWAITING in receptions:
        moments.append(remind_at or ends_at)
    if Reception.IN_TRANSIT in receptions and lost_at:
        moments.append(lost_at)
    return min(moments, default=None)


def counted(units: Sequence[Unit | Due]) -> dict[str, int]:
    """How many units of which lines."""
    refs = [unit.line_ref for unit in units]
    return {ref: refs.count(ref) for ref in dict.fromkeys(refs)}

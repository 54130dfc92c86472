"""What the units of a return come down to: its state, and what happens to it next. Pure."""

from collections.abc import Sequence
from datetime import datetime

from madoguchi.core.policy.pack import Trigger
from madoguchi.service.returns.rules import (
    COMING,
    DECIDED,
    NOT_COMING,
    WITHOUT_GOODS,
    Acceptance,
    Reception,
    ReturnState,
    Stage,
    Wish,
)
from madoguchi.service.returns.units.rules import Unit, is_due, still_wanted


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
    return unit.acceptance in DECIDED or unit.reception in WITHOUT_GOODS


def _ended(units: Sequence[Unit]) -> ReturnState:
    if all(unit.reception is Reception.LOST for unit in units):
        return ReturnState.LOST
    if all(unit.reception is Reception.KEPT for unit in units):
        return ReturnState.KEPT
    return ReturnState.SETTLED


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


def calls_off(wish: Wish, units: Sequence[Unit]) -> bool:
    """Whether something is set aside in an exchange for a unit that does not come back."""
    return wish is Wish.EXCHANGE and any(unit.reception in NOT_COMING and still_wanted(unit) for unit in units)


def expected(units: Sequence[Unit]) -> list[Unit]:
    """What may be in a parcel that comes; what was called off only where nothing else can be meant."""
    coming = [unit for unit in units if unit.reception in {*COMING, Reception.LOST}]
    if coming or any(unit.received_at for unit in units):
        return coming
    return [unit for unit in units if unit.reception in NOT_COMING]


def next_look(
    units: Sequence[Unit], *, remind_at: datetime | None, ends_at: datetime, given_up_at: datetime | None
) -> datetime | None:
    """When time alone changes something next: a reminder, the end of the return, or a parcel that is given up."""
    receptions = {unit.reception for unit in units}
    moments = []
    if Reception.AWAITING in receptions:
        moments.append(remind_at or ends_at)
    if Reception.IN_TRANSIT in receptions and given_up_at:
        moments.append(given_up_at)
    return min(moments, default=None)

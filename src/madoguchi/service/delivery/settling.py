"""How an arrangement ends: as the carrier answered."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import msgspec

from madoguchi.core.actions.rules import Outcome, Settled, Slip, Wish
from madoguchi.core.carriers import verbs as carriers
from madoguchi.core.carriers.port import Band, CarrierOperation
from madoguchi.core.shop.port import Failure, Operation, OperationState
from madoguchi.kit.db import Tx


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """What every plan of this room holds: which parcel of which carrier, and the slip that was agreed to."""

    carrier: str
    number: str
    slip: Slip


class SlotPlan(Arrangement, frozen=True, kw_only=True):
    """When a carrier comes."""

    day: date
    band: Band


P = TypeVar("P", bound=Arrangement)
FAILED = "carrier_failed"
ANSWERS: Mapping[Failure | None, str] = {  # why a carrier did not do it, where it says so
    Failure.TOO_LATE: "carrier_too_late",
    Failure.UNAVAILABLE: "carrier_unavailable",
    Failure.NOT_SUPPORTED: "carrier_cannot",
}


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside."""


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """What was agreed is the parcel's from now on; where it was refused, the carrier is asked what is left."""
    plan = plan_of(wish, Arrangement)
    tracked = operation.tracked if isinstance(operation, CarrierOperation) else None
    await carriers.arranged(tx, plan.carrier, plan.number, tracked)
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code=ANSWERS.get(operation.code, FAILED))
    return Outcome(state=Settled.DONE, slip=plan.slip)


def plan_of(wish: Wish, kind: type[P]) -> P:
    """The plan of a wish of this room."""
    return msgspec.convert(wish.plan, kind)

"""What a wish about a return will do, as it is kept with its quote. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.actions.rules import Slip
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import Fault, Method, ReturnReason, Trigger
from madoguchi.core.policy.questions import AdvanceQuestion, ReturnQuestion
from madoguchi.kit import ids
from madoguchi.kit.money import telescoped
from madoguchi.service.returns.rules import Condition, Wish
from madoguchi.service.returns.units.rules import Unit


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a line that come back, and what was decided about them.

    `less` is what other goods for them cost less in an exchange, in minor units for all of them.
    """

    line_ref: str
    sku: str
    name: str
    units: int
    percent: int
    if_opened: int
    keep: bool
    less: int = 0


class ReturnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed to.

    `asked` is what the rules were asked for each line, `early` whether it may be paid in advance, where it is to be;
    `kept` what that is worth that need not come back, in minor units.
    """

    parts: tuple[Part, ...]
    wish: Wish
    reason: ReturnReason
    fault: Fault
    condition: Condition | None
    method: Method | None
    method_ref: str | None
    refund_to: Destination | None
    refund_on: Trigger
    outward: bool
    postage: int
    restocking: int
    send_until: datetime
    approval: bool
    slip: Slip
    asked: dict[str, ReturnQuestion]
    early: AdvanceQuestion | None
    kept: int

    @property
    def units(self) -> dict[str, int]:
        """How many units of which lines."""
        return {part.line_ref: part.units for part in self.parts}


def units_of(plan: ReturnPlan, return_id: UUID) -> list[Unit]:
    """A row for each unit."""
    return [
        Unit(
            id=ids.uuid7(),
            return_id=return_id,
            line_ref=part.line_ref,
            sku=part.sku,
            name=part.name,
            promised=part.percent,
            if_opened=part.if_opened,
            keep=part.keep,
            less=telescoped(part.less, part.units, done, 1),
        )
        for part in plan.parts
        for done in range(part.units)
    ]

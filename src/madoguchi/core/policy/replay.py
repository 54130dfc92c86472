"""What was decided, asked again of other rules. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.policy.decisions import Decision, Reason, Verdict, outcome
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.questions import Question
from madoguchi.core.policy.rules import decide


class Recorded(msgspec.Struct, frozen=True):
    """A decision as it was kept; `order_ref` for people, where it was about an order."""

    id: UUID
    version: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    inputs: Question
    action: str
    order_ref: str | None
    decided_at: datetime


class Changed(msgspec.Struct, frozen=True):
    """A decision that would be another one: by the rules of its time, and by the other rules."""

    recorded: Recorded
    before: Decision
    after: Decision


def replay(recorded: Iterable[Recorded], packs: Mapping[int, RulePack], other: RulePack) -> tuple[Changed, ...]:
    """The decisions that would differ under `other`; `packs` are the rules they were made by, by version."""
    again = (Changed(one, decide(packs[one.version], one.inputs), decide(other, one.inputs)) for one in recorded)
    return tuple(one for one in again if outcome(one.before) != outcome(one.after))

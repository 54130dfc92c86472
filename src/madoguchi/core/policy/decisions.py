"""What a decision is: the verdict with its reasons, and for each matter what follows from it. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.pack import Fault, Method, Payer, Remedy, Row, Trigger
from madoguchi.core.policy.questions import Question
from madoguchi.kit import i18n
from madoguchi.kit.errors import Refused

_REFUSAL = "errors."


class Verdict(StrEnum):
    """What the rules say."""

    ALLOW = "allow"
    ALLOW_WITH_APPROVAL = "allow_with_approval"
    NEEDS_INFO = "needs_info"
    OFFER_ALTERNATIVE = "offer_alternative"
    DENY = "deny"


class Reason(msgspec.Struct, frozen=True):
    """Why, as a rule, the key of its sentence, and the sentence's parameters (packed, see kit.i18n)."""

    rule: str
    key: str
    parameters: dict[str, Any] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say to a question. `clauses` are those of the law that were better than the shop's rules.

    `alternatives` belong to anything but an allowance; `asks` names the missing facts; `approver` who must agree;
    `wait_until` when to come again.
    """

    pack: str
    version: int
    question: Question
    verdict: Verdict
    reasons: tuple[Reason, ...]
    clauses: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    approver: Role | None = None
    wait_until: datetime | None = None

    @property
    def allowed(self) -> bool:
        """Whether it can be, be it that somebody has to agree first."""
        return self.verdict in {Verdict.ALLOW, Verdict.ALLOW_WITH_APPROVAL}

    @property
    def code(self) -> str | None:
        """The code of the refusal; None when it is allowed."""
        key = self.reasons[0].key
        return key.removeprefix(_REFUSAL) if key.startswith(_REFUSAL) else None

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that decided, each once."""
        return tuple(dict.fromkeys(reason.rule for reason in self.reasons))


class ChangeDecision(Decision, frozen=True, kw_only=True):
    """Per line that may change the row that says how."""

    lines: dict[str, Row] = {}

    @property
    def first(self) -> Row | None:
        """The first row that applied."""
        return next(iter(self.lines.values()), None)


class ClaimDecision(Decision, frozen=True, kw_only=True):
    """What may make it good."""

    remedies: tuple[Remedy, ...] = ()


class ReturnDecision(Decision, frozen=True, kw_only=True):
    """Whose fault it is, until when it may come back, for how much, at whose cost, and what the money waits for.

    `send_by` is until when a label is good that is made now. `percent` of the price is given back, less
    `restocking_percent` of it and `postage_fee` (minor units, see `postage_by`). `ship` is what the new goods of an
    exchange wait for. With `keep` nothing is sent back. `inspected`: what it is worth is seen when it is there.
    """

    fault: Fault
    until: datetime
    send_by: datetime
    percent: int = 100
    restocking_percent: int = 0
    postage: Payer = Payer.CUSTOMER
    postage_fee: int = 0
    outward_shipping: bool = False
    fees: bool = False
    methods: tuple[Method, ...] = ()
    trigger: Trigger = Trigger.INSPECTED
    ship: Trigger = Trigger.INSPECTED
    keep: bool = False
    inspected: bool = False

    def postage_by(self, method: Method) -> int:
        """What a way back takes off, in minor units: who sends it by themselves pays the carrier."""
        return 0 if method is Method.OWN else self.postage_fee


class GuaranteeDecision(Decision, frozen=True, kw_only=True):
    """Until when it can be claimed, by when the seller answers, and whether silence then grants it."""

    until: datetime
    answer_by: datetime
    silence_grants: bool = False


class SubscriptionDecision(Decision, frozen=True, kw_only=True):
    """What is given back, in minor units."""

    refund: int = 0


class Denied(Refused):
    """A refusal by the rules; the decision behind it is kept even though nothing else of the attempt is.

    `field` is where what is missing can be given.
    """

    def __init__(self, decision: Decision, field: str | None = None) -> None:
        first = decision.reasons[0]
        parameters = i18n.unpack(first.parameters) | ({"field": field} if field else {})
        super().__init__(
            decision.code or first.rule, 409, rule=first.rule, alternatives=decision.alternatives, **parameters
        )
        self.decision = decision


def outcome(decision: Decision) -> dict[str, Any]:
    """What follows for the customer: not the rules' own numbers, which a sentence may name without deciding by them."""
    told = {name: getattr(decision, name) for name in decision.__struct_fields__ if name not in _NOT_OUTCOME}
    if isinstance(decision, ChangeDecision):
        told["lines"] = {ref: row.then for ref, row in decision.lines.items()}
    if isinstance(decision, ReturnDecision) and not decision.allowed:
        del told["until"], told["send_by"]  # over is over
    if isinstance(decision, GuaranteeDecision) and decision.verdict is not Verdict.ALLOW:
        del told["until"], told["answer_by"], told["silence_grants"]
    return told


_NOT_OUTCOME = frozenset({"pack", "version", "question", "reasons", "clauses"})

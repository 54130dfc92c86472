"""The pure engine: a rule pack and a question in, a decision with its reasons out. Each matter has its own module."""

from madoguchi.core.policy.changing import decide_change
from madoguchi.core.policy.claiming import decide_claim
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.policy.granting import decide_advance, decide_goodwill, decide_subscription
from madoguchi.core.policy.guaranteeing import decide_guarantee
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.questions import (
    AdvanceQuestion,
    ChangeQuestion,
    ClaimQuestion,
    GoodwillQuestion,
    GuaranteeQuestion,
    Question,
    ReturnQuestion,
    SubscriptionQuestion,
)
from madoguchi.core.policy.returning import decide_return

__all__ = [
    "decide",
    "decide_advance",
    "decide_change",
    "decide_claim",
    "decide_goodwill",
    "decide_guarantee",
    "decide_return",
    "decide_subscription",
]


def decide(pack: RulePack, question: Question) -> Decision:
    """What the rules say to any question."""
    match question:
        case ChangeQuestion():
            return decide_change(pack, question)
        case ClaimQuestion():
            return decide_claim(pack, question)
        case ReturnQuestion():
            return decide_return(pack, question)
        case GuaranteeQuestion():
            return decide_guarantee(pack, question)
        case SubscriptionQuestion():
            return decide_subscription(pack, question)
        case GoodwillQuestion():
            return decide_goodwill(pack, question)
        case AdvanceQuestion():
            return decide_advance(pack, question)

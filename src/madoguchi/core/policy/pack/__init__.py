"""A rule pack: all rules of a shop, one Struct per matter, as a shop owner would file them. Pure.

Amounts are minor units of the pack's `currency`; days are calendar days unless a name says otherwise.
All names are taken from here.
"""

from madoguchi.core.policy.pack.changes import OUTCOMES, ChangeWish, Row, Stage, Then, When
from madoguchi.core.policy.pack.claims import GoodFaith, Problem, Remedy
from madoguchi.core.policy.pack.common import Approver
from madoguchi.core.policy.pack.faults import Fault, Payer
from madoguchi.core.policy.pack.receipts import ReceiptRules
from madoguchi.core.policy.pack.refunds import Way, WayBack
from madoguchi.core.policy.pack.returns import (
    NEVER_BY_ITSELF,
    Asked,
    Method,
    ReturnReason,
    ReturnRules,
    Season,
    Trigger,
    Worn,
)
from madoguchi.core.policy.pack.sellers import Ground
from madoguchi.core.policy.pack.subscriptions import UsedShare
from madoguchi.core.policy.pack.whole import RulePack, shipped, shipped_names

__all__ = [
    "NEVER_BY_ITSELF",
    "OUTCOMES",
    "Approver",
    "Asked",
    "ChangeWish",
    "Fault",
    "GoodFaith",
    "Ground",
    "Method",
    "Payer",
    "Problem",
    "ReceiptRules",
    "Remedy",
    "ReturnReason",
    "ReturnRules",
    "Row",
    "RulePack",
    "Season",
    "Stage",
    "Then",
    "Trigger",
    "UsedShare",
    "Way",
    "WayBack",
    "When",
    "Worn",
    "shipped",
    "shipped_names",
]

"""A whole pack, and those that are shipped. Pure."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from madoguchi.core.policy.pack.changes import ChangeRules
from madoguchi.core.policy.pack.claims import ClaimRules
from madoguchi.core.policy.pack.common import Part
from madoguchi.core.policy.pack.faults import Fault, FaultRules
from madoguchi.core.policy.pack.goodwill import GoodwillRules
from madoguchi.core.policy.pack.receipts import ReceiptRules
from madoguchi.core.policy.pack.refunds import AdvanceRules, RefundRules
from madoguchi.core.policy.pack.returns import ReturnRules
from madoguchi.core.policy.pack.sellers import GuaranteeRules, SellerRules
from madoguchi.core.policy.pack.subscriptions import SubscriptionRules

PACKS = Path(__file__).parents[1] / "packs"


class RulePack(Part, frozen=True, kw_only=True):
    """All rules of a shop. `version` numbers what was saved; `edition` names what was shipped."""

    name: str
    version: int = 1
    edition: str
    currency: str
    changes: ChangeRules
    refunds: RefundRules
    advance: AdvanceRules
    faults: dict[Fault, FaultRules]
    claims: ClaimRules
    returns: ReturnRules
    subscriptions: SubscriptionRules
    goodwill: GoodwillRules
    receipts: ReceiptRules
    sellers: SellerRules = SellerRules()
    guarantee: GuaranteeRules = GuaranteeRules()


@cache
def shipped(name: str) -> RulePack:
    """The pack as it is shipped; FileNotFoundError when there is none."""
    return msgspec.convert(tomllib.loads((PACKS / f"{name}.toml").read_text()), RulePack)


def shipped_names() -> tuple[str, ...]:
    """The packs that are shipped."""
    return tuple(sorted(path.stem for path in PACKS.glob("*.toml")))

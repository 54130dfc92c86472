"""What staff give beyond the rules. Pure."""

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.pack.common import Amount, Part


class GoodwillLimits(Part, frozen=True, kw_only=True):
    """What one role may grant: per case, per customer and year, per giver and day."""

    case: Amount
    customer_year: Amount
    day: Amount


class GoodwillRules(Part, frozen=True, kw_only=True):
    """Beyond the rules; always as credit. Above a role's limits the next role approves."""

    limits: dict[Role, GoodwillLimits]
    reasons: tuple[str, ...]

"""What the shop gives by its own word: for a period not used, as goodwill, in advance. Pure."""

from datetime import timedelta

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.decisions import Decision, SubscriptionDecision, Verdict
from madoguchi.core.policy.law import because, start
from madoguchi.core.policy.pack import RulePack, UsedShare
from madoguchi.core.policy.questions import AdvanceQuestion, GoodwillQuestion, SubscriptionQuestion
from madoguchi.kit.money import Money, share


def decide_subscription(pack: RulePack, question: SubscriptionQuestion) -> SubscriptionDecision:
    """What of the current period is given back when it ends now."""
    rules = pack.subscriptions
    by_accident = question.at <= question.started_at + timedelta(days=rules.accidental_days)
    if not question.used:
        rule, refund = ("accidental" if question.accidental and by_accident else "unused"), question.paid
    elif rules.used is UsedShare.PRO_RATA:
        rule, refund = "pro_rata", _unused_part(question)
    else:
        rule, refund = "used", 0
    return SubscriptionDecision(
        **start(pack, question),
        verdict=Verdict.ALLOW,
        reasons=(because(f"subscriptions.{rule}", f"policy.said.subscriptions.{rule}", days=rules.accidental_days),),
        refund=refund,
    )


def _unused_part(question: SubscriptionQuestion) -> int:
    """By whole days; the day on which it ends counts as used."""
    whole = (question.period_to - question.period_from).days
    used = min((question.at - question.period_from).days + 1, whole)
    return share(question.paid, [whole - used, used])[0]


def decide_goodwill(pack: RulePack, question: GoodwillQuestion) -> Decision:
    """Whether the role may grant it alone, or who must agree."""
    approver = next((role for role in _above(question.role) if not _exceeded(pack, question, role)), None)
    above = _exceeded(pack, question, question.role)
    if not above:
        return _goodwill(pack, question, Verdict.ALLOW, "within", "policy.said.goodwill.within")
    if approver:
        said = _ABOVE_ONE[above[0]] if len(above) == 1 else "policy.said.goodwill.approval"
        found = _goodwill(pack, question, Verdict.ALLOW_WITH_APPROVAL, "approval", said)
        return msgspec.structs.replace(found, approver=approver)
    return _goodwill(pack, question, Verdict.DENY, "above_all", "errors.goodwill_above_all")


def _goodwill(pack: RulePack, question: GoodwillQuestion, verdict: Verdict, rule: str, key: str) -> Decision:
    limits = pack.goodwill.limits[question.role]
    told = {
        "case": Money(limits.case, pack.currency),
        "year": Money(limits.customer_year, pack.currency),
        "day": Money(limits.day, pack.currency),
    }
    return Decision(**start(pack, question), verdict=verdict, reasons=(because(f"goodwill.{rule}", key, **told),))


_ABOVE_ONE = {
    "case": "policy.said.goodwill.above_case",
    "year": "policy.said.goodwill.above_year",
    "day": "policy.said.goodwill.above_day",
}
_RANKS = (Role.ASSOCIATE, Role.LEADER, Role.ADMIN)


def _above(role: Role) -> tuple[Role, ...]:
    return _RANKS[_RANKS.index(role) + 1 :]


def _exceeded(pack: RulePack, question: GoodwillQuestion, role: Role) -> list[str]:
    """Which limits of the role it is above; the day's sum is the giver's, so it binds only the giver."""
    limits = pack.goodwill.limits[role]
    above = {
        "case": question.given_case + question.amount > limits.case,
        "year": question.given_year + question.amount > limits.customer_year,
        "day": role is question.role and question.given_today + question.amount > limits.day,
    }
    return [name for name, exceeded in above.items() if exceeded]


def decide_advance(pack: RulePack, question: AdvanceQuestion) -> Decision:
    """Whether the money may go back at the carrier's first scan."""
    rules = pack.advance
    trusted = (
        question.amount <= rules.limit
        and question.at - question.customer_since >= timedelta(days=rules.customer_since_days)
        and question.open_advances < rules.open_at_most
    )
    limit = Money(rules.limit, pack.currency)
    if trusted:
        verdict, reason = Verdict.ALLOW, because("advance.trusted", "policy.said.advance.trusted", limit=limit)
    else:
        verdict, reason = Verdict.DENY, because("advance.after_receipt", "errors.advance_not_open", limit=limit)
    return Decision(**start(pack, question), verdict=verdict, reasons=(reason,))

"""Claims: what went wrong, and what makes it good. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.decisions import ClaimDecision, Verdict
from madoguchi.core.policy.law import PERSON, because, start, under_law
from madoguchi.core.policy.pack import GoodFaith, Problem, RulePack
from madoguchi.core.policy.questions import ClaimQuestion, History
from madoguchi.kit.money import Money

PHOTO = "photo"  # what is asked for where it is not believed without


@under_law("claims")
def decide_claim(pack: RulePack, question: ClaimQuestion) -> ClaimDecision:
    """Whether to wait, to ask, to believe, or to let somebody decide."""
    rules = pack.claims
    head = start(pack, question)
    if question.problem is Problem.UNKNOWN_CHARGE:
        return ClaimDecision(
            **head,
            verdict=Verdict.ALLOW_WITH_APPROVAL,
            reasons=(because("claims.unknown_charge", "policy.said.claims.unknown_charge"),),
            approver=Role(rules.approval),
        )
    if found := _too_late(pack, question) or _too_early(pack, question) or _unchecked(pack, question):
        return found
    believed = in_good_faith(rules.good_faith, question.amount, question.history)
    if not believed and not question.evidence and question.problem in _SHOWN_BY_PHOTO:
        reason = because("claims.evidence", "errors.claim_needs_photo")
        return ClaimDecision(**head, verdict=Verdict.NEEDS_INFO, reasons=(reason,), asks=(PHOTO,))
    name = "good_faith" if believed else "approval"
    return ClaimDecision(
        **head,
        verdict=Verdict.ALLOW if believed else Verdict.ALLOW_WITH_APPROVAL,
        reasons=(because(f"claims.{name}", f"policy.said.claims.{name}", **_good_faith(pack)),),
        approver=None if believed else Role(rules.approval),
        remedies=rules.remedies,
    )


_SHOWN_BY_PHOTO = frozenset({Problem.DEFECTIVE, Problem.DAMAGED, Problem.WRONG_ITEM, Problem.MISSING_PART})


def _too_late(pack: RulePack, question: ClaimQuestion) -> ClaimDecision | None:
    days = pack.claims.report_days
    if question.delivered_at is None or question.at <= question.delivered_at + timedelta(days=days):
        return None
    reason = because("claims.report_days", "errors.claim_too_late", days=days)
    return ClaimDecision(
        **start(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(reason,),
        alternatives=PERSON,
    )


def _too_early(pack: RulePack, question: ClaimQuestion) -> ClaimDecision | None:
    until = claim_opens(pack, question)
    if until is None or question.at >= until:
        return None
    if question.delivered_at is not None:
        rule, key, count = "wait_hours", "errors.claim_wait_scan", {"hours": pack.claims.wait_hours}
    elif question.promised_until is not None:
        rule, key, count = "late_days", "errors.claim_wait_late", {"days": pack.claims.late_days}
    else:
        rule, key, count = "unpromised_days", "errors.claim_wait_unpromised", {"days": pack.claims.unpromised_days}
    return ClaimDecision(
        **start(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(because(f"claims.{rule}", key, until=until, **count),),
        alternatives=PERSON,
        wait_until=until,
    )


def claim_opens(pack: RulePack, question: ClaimQuestion) -> datetime | None:
    """From when the claim is taken up; None: at once."""
    if question.problem not in {Problem.NOT_RECEIVED, Problem.LATE}:
        return None
    if question.delivered_at is not None:
        return question.delivered_at + timedelta(hours=pack.claims.wait_hours)
    if question.promised_until is not None:
        return question.promised_until + timedelta(days=pack.claims.late_days)
    if question.ordered_at is not None:
        return question.ordered_at + timedelta(days=pack.claims.unpromised_days)
    return None


def _unchecked(pack: RulePack, question: ClaimQuestion) -> ClaimDecision | None:
    if question.problem is not Problem.NOT_RECEIVED or question.delivered_at is None:
        return None
    missing = tuple(place for place in pack.claims.check_list if place not in question.checked)
    if not missing:
        return None
    return ClaimDecision(
        **start(pack, question),
        verdict=Verdict.NEEDS_INFO,
        reasons=(because("claims.check_list", "errors.claim_check_first"),),
        asks=missing,
    )


def in_good_faith(limits: GoodFaith, amount: int, before: History) -> bool:
    """Whether something of this worth (minor units) is believed, after what was believed before."""
    return amount <= limits.limit and before.claims < limits.claims and before.amount + amount <= limits.amount


def _good_faith(pack: RulePack) -> Mapping[str, Any]:
    limits = pack.claims.good_faith
    return {"limit": Money(limits.limit, pack.currency), "claims": limits.claims, "days": limits.days}

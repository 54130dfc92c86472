"""The pure engine: a rule pack and a question in, a decision with its reasons out."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.decisions import (
    ChangeDecision,
    ClaimDecision,
    Decision,
    Reason,
    ReturnDecision,
    SubscriptionDecision,
    Verdict,
)
from madoguchi.core.policy.floors import lawful
from madoguchi.core.policy.pack import Fault, Payer, Problem, Row, RulePack, Season, Then, UsedShare, When
from madoguchi.core.policy.questions import (
    AdvanceQuestion,
    ChangeQuestion,
    ClaimQuestion,
    GoodwillQuestion,
    LineFacts,
    Question,
    ReturnQuestion,
    SubscriptionQuestion,
)
from madoguchi.kit import i18n
from madoguchi.kit.money import Money, share

Q = TypeVar("Q", bound=Question)
D = TypeVar("D", bound=Decision)
_Decide = Callable[[RulePack, Q], D]

_PERSON = ("service.human",)


def decide(pack: RulePack, question: Question) -> Decision:
    """What the rules say to any question."""
    match question:
        case ChangeQuestion():
            return decide_change(pack, question)
        case ClaimQuestion():
            return decide_claim(pack, question)
        case ReturnQuestion():
            return decide_return(pack, question)
        case SubscriptionQuestion():
            return decide_subscription(pack, question)
        case GoodwillQuestion():
            return decide_goodwill(pack, question)
        case AdvanceQuestion():
            return decide_advance(pack, question)


def _under_law(*matters: str) -> Callable[[_Decide[Q, D]], _Decide[Q, D]]:
    """Decide by the pack as the law of the consumer's country betters it; its clauses on the matters are recorded."""

    def wrap(decide: _Decide[Q, D]) -> _Decide[Q, D]:
        @wraps(decide)
        def lawfully(pack: RulePack, question: Q) -> D:
            bettered, won = lawful(pack, question.country, question.at.date())
            ids = tuple(clause.id for clause in won if clause.field.split(".")[0] in matters)
            return msgspec.structs.replace(decide(bettered, question), clauses=ids)

        return lawfully

    return wrap


# --- changes before delivery ----------------------------------------------------------------------------------------


@_under_law()
def decide_change(pack: RulePack, question: ChangeQuestion) -> ChangeDecision:
    """Which lines may change and how. Lines that were named must all go; else it is enough that one does.

    LookupError when the pack has no row for a line.
    """
    rows = {line.ref: _row(pack.changes.rows(question.wish), question, line) for line in question.lines}
    allowed = {ref: row for ref, row in rows.items() if row.then is not Then.DENY}
    denied = next((row for row in rows.values() if row.then is Then.DENY), None)
    if denied and (question.named or not allowed):
        code, instead = denied.code or "change_asks_person", denied.instead if denied.code else _PERSON
        return ChangeDecision(
            **_head(pack, question),
            verdict=Verdict.OFFER_ALTERNATIVE if instead else Verdict.DENY,
            reasons=(_reason(denied.id, f"errors.{code}", word=question.status, days=pack.returns.days),),
            alternatives=instead,
        )
    applied = dict.fromkeys(allowed.values())
    return ChangeDecision(
        **_head(pack, question),
        verdict=Verdict.ALLOW,
        reasons=tuple(_reason(row.id, f"orders.rule.{question.wish}.{row.then}") for row in applied),
        lines=allowed,
    )


def _row(rows: tuple[Row, ...], question: ChangeQuestion, line: LineFacts) -> Row:
    for row in rows:
        if _fits(row.when, question, line):
            return row
    raise LookupError(f"no row for {question.wish} of {line.stage} ({question.status})")


def _fits(when: When, question: ChangeQuestion, line: LineFacts) -> bool:
    return (
        (when.stage is None or line.stage in when.stage)
        and (when.status is None or question.status in when.status)
        and (when.flag is None or not set(when.flag).isdisjoint(line.flags))
        and when.gift in {None, question.gift}
        and when.business in {None, question.business}
        and when.partly_shipped in {None, question.partly_shipped}
        and when.after_cut_off in {None, question.after_cut_off}
    )


# --- claims ---------------------------------------------------------------------------------------------------------


@_under_law("claims")
def decide_claim(pack: RulePack, question: ClaimQuestion) -> ClaimDecision:
    """Whether to wait, to ask, to believe, or to let somebody decide."""
    rules = pack.claims
    head = _head(pack, question)
    if question.problem is Problem.UNKNOWN_CHARGE:
        return ClaimDecision(
            **head,
            verdict=Verdict.ALLOW_WITH_APPROVAL,
            reasons=(_reason("claims.unknown_charge", "policy.said.claims.unknown_charge"),),
            approver=Role(rules.approval),
        )
    if found := _too_late(pack, question) or _too_early(pack, question) or _unchecked(pack, question):
        return found
    believed = _in_good_faith(pack, question)
    if not believed and not question.evidence and question.problem in _SHOWN_BY_PHOTO:
        reason = _reason("claims.evidence", "errors.claim_needs_photo")
        return ClaimDecision(**head, verdict=Verdict.NEEDS_INFO, reasons=(reason,), asks=("photo",))
    name = "good_faith" if believed else "approval"
    return ClaimDecision(
        **head,
        verdict=Verdict.ALLOW if believed else Verdict.ALLOW_WITH_APPROVAL,
        reasons=(_reason(f"claims.{name}", f"policy.said.claims.{name}", **_good_faith(pack)),),
        approver=None if believed else Role(rules.approval),
        remedies=rules.remedies,
    )


_SHOWN_BY_PHOTO = frozenset({Problem.DEFECTIVE, Problem.DAMAGED, Problem.WRONG_ITEM, Problem.MISSING_PART})


def _too_late(pack: RulePack, question: ClaimQuestion) -> ClaimDecision | None:
    days = pack.claims.report_days
    if question.delivered_at is None or question.at <= question.delivered_at + timedelta(days=days):
        return None
    reason = _reason("claims.report_days", "errors.claim_too_late", days=days)
    return ClaimDecision(
        **_head(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(reason,),
        alternatives=_PERSON,
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
        **_head(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(_reason(f"claims.{rule}", key, until=until, **count),),
        alternatives=_PERSON,
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
        **_head(pack, question),
        verdict=Verdict.NEEDS_INFO,
        reasons=(_reason("claims.check_list", "errors.claim_check_first"),),
        asks=missing,
    )


def _in_good_faith(pack: RulePack, question: ClaimQuestion) -> bool:
    limits, before = pack.claims.good_faith, question.history
    return (
        question.amount <= limits.limit
        and before.claims < limits.claims
        and before.amount + question.amount <= limits.amount
    )


def _good_faith(pack: RulePack) -> Mapping[str, Any]:
    limits = pack.claims.good_faith
    return {"limit": Money(limits.limit, pack.currency), "claims": limits.claims, "days": limits.days}


# --- returns --------------------------------------------------------------------------------------------------------


@_under_law("returns", "faults")
def decide_return(pack: RulePack, question: ReturnQuestion) -> ReturnDecision:
    """Whether a line may come back, until when, for which share, and who pays what."""
    rules, fault = pack.returns, pack.faults[question.fault]
    theirs = question.fault is Fault.CUSTOMER
    until = return_until(pack, question)
    if theirs and not set(rules.never).isdisjoint(question.flags):
        return _no_return(pack, question, _reason("returns.never", "errors.return_never"))
    if question.at > until:
        days = rules.days if theirs else rules.defect_days
        return _no_return(pack, question, _reason("returns.days", "errors.return_late", until=until, days=days))
    free = not set(rules.free).isdisjoint(question.flags)
    opened = question.opened and theirs and not free
    rule = "returns.opened" if opened else f"faults.{question.fault}"
    return ReturnDecision(
        **_head(pack, question),
        verdict=Verdict.ALLOW,
        reasons=(_reason(rule, f"policy.said.{rule}", percent=rules.opened_percent),),
        until=until,
        percent=rules.opened_percent if opened else 100,
        postage=Payer.SHOP if free else fault.postage,
        outward_shipping=fault.outward_shipping,
        fees=fault.fees,
    )


def _no_return(pack: RulePack, question: ReturnQuestion, reason: Reason) -> ReturnDecision:
    return ReturnDecision(
        **_head(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE,
        reasons=(reason,),
        alternatives=_PERSON,
        until=return_until(pack, question),
    )


def return_until(pack: RulePack, question: ReturnQuestion) -> datetime:
    """The last moment at which the line may be sent back, at the end of a day of the shop.

    What was not delivered yet counts from the moment of the question.
    """
    rules, zone = pack.returns, ZoneInfo(question.zone)
    days = rules.days if question.fault is Fault.CUSTOMER else rules.defect_days
    delivered = (question.delivered_at or question.at).astimezone(zone).date()
    last = delivered + timedelta(days=days)
    if rules.season:
        last = max(last, _season_end(rules.season, question.ordered_at.astimezone(zone).date()) or last)
    return datetime.combine(last, time.max, zone).replace(microsecond=0)


def _season_end(season: Season, bought: date) -> date | None:
    """Until when what was bought on this day may come back by the season; None when it is none of the season."""
    if not season.bought_from <= f"{bought:%m-%d}" <= season.bought_to:
        return None
    wraps = season.back_until < season.bought_from
    return date.fromisoformat(f"{bought.year + wraps}-{season.back_until}")


# --- subscriptions, goodwill, advances ------------------------------------------------------------------------------


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
        **_head(pack, question),
        verdict=Verdict.ALLOW,
        reasons=(_reason(f"subscriptions.{rule}", f"policy.said.subscriptions.{rule}", days=rules.accidental_days),),
        refund=refund,
    )


def _unused_part(question: SubscriptionQuestion) -> int:
    """By whole days; the day on which it ends counts as used."""
    whole = (question.period_to - question.period_from).days
    used = min((question.at - question.period_from).days + 1, whole)
    return share(question.paid, [whole - used, used])[0]


def decide_goodwill(pack: RulePack, question: GoodwillQuestion) -> Decision:
    """Whether the role may grant it alone, or who must agree."""
    approver = next((role for role in _above(question.role) if _within(pack, question, role)), None)
    if _within(pack, question, question.role):
        return _goodwill(pack, question, Verdict.ALLOW, "within", "policy.said.goodwill.within")
    if approver:
        found = _goodwill(pack, question, Verdict.ALLOW_WITH_APPROVAL, "approval", "policy.said.goodwill.approval")
        return msgspec.structs.replace(found, approver=approver)
    return _goodwill(pack, question, Verdict.DENY, "above_all", "errors.goodwill_above_all")


def _goodwill(pack: RulePack, question: GoodwillQuestion, verdict: Verdict, rule: str, key: str) -> Decision:
    limits = pack.goodwill.limits[question.role]
    told = {
        "case": Money(limits.case, pack.currency),
        "year": Money(limits.customer_year, pack.currency),
        "day": Money(limits.day, pack.currency),
    }
    return Decision(**_head(pack, question), verdict=verdict, reasons=(_reason(f"goodwill.{rule}", key, **told),))


_RANKS = (Role.ASSOCIATE, Role.LEADER, Role.ADMIN)


def _above(role: Role) -> tuple[Role, ...]:
    return _RANKS[_RANKS.index(role) + 1 :]


def _within(pack: RulePack, question: GoodwillQuestion, role: Role) -> bool:
    """The day's sum is the giver's, so it binds only the giver."""
    limits = pack.goodwill.limits[role]
    return (
        question.given_case + question.amount <= limits.case
        and question.given_year + question.amount <= limits.customer_year
        and (role is not question.role or question.given_today + question.amount <= limits.day)
    )


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
        verdict, reason = Verdict.ALLOW, _reason("advance.trusted", "policy.said.advance.trusted", limit=limit)
    else:
        verdict, reason = Verdict.DENY, _reason("advance.after_receipt", "errors.advance_not_open", limit=limit)
    return Decision(**_head(pack, question), verdict=verdict, reasons=(reason,))


# --- shared ---------------------------------------------------------------------------------------------------------


def _head(pack: RulePack, question: Question) -> dict[str, Any]:
    return {"pack": pack.name, "version": pack.version, "question": question}


def _reason(rule: str, key: str, **parameters: Any) -> Reason:
    return Reason(rule, key, i18n.pack(parameters))

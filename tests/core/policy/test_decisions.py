"""Claims, subscriptions, goodwill and advances as tables, and the law above them."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.decisions import Decision, Verdict
from madoguchi.core.policy.fields import differences, with_values
from madoguchi.core.policy.floors import BETTER, Clause, clauses, lawful, laws
from madoguchi.core.policy.pack import Fault, Problem, Remedy, RulePack, shipped
from madoguchi.core.policy.questions import (
    AdvanceQuestion,
    ClaimQuestion,
    GoodwillQuestion,
    History,
    SubscriptionQuestion,
)
from madoguchi.core.policy.rules import decide, decide_claim, decide_subscription

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
PACK = shipped("marketplace-jp")
PLACES = PACK.claims.check_list
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def ago(days: float) -> datetime:
    return NOW - days * DAY


# --- claims ---------------------------------------------------------------------------------------------------------


def claim(problem: Problem, amount: int = 5_000, **facts: object) -> ClaimQuestion:
    return msgspec.structs.replace(
        ClaimQuestion(at=NOW, country="JP", problem=problem, amount=amount), **{"checked": PLACES, **facts}
    )


@pytest.mark.parametrize(
    ("question", "verdict", "rule"),
    [
        (claim(Problem.NOT_RECEIVED, delivered_at=ago(1)), "offer_alternative", "claims.wait_hours"),
        (claim(Problem.NOT_RECEIVED, delivered_at=ago(3)), "allow", "claims.good_faith"),
        (claim(Problem.NOT_RECEIVED, delivered_at=ago(3), checked=()), "needs_info", "claims.check_list"),
        (claim(Problem.NOT_RECEIVED, delivered_at=ago(91)), "offer_alternative", "claims.report_days"),
        (claim(Problem.NOT_RECEIVED, promised_until=ago(2)), "offer_alternative", "claims.late_days"),
        (claim(Problem.LATE, promised_until=ago(2)), "offer_alternative", "claims.late_days"),
        (claim(Problem.LATE, promised_until=ago(3)), "allow", "claims.good_faith"),
        (claim(Problem.LATE, ordered_at=ago(29)), "offer_alternative", "claims.unpromised_days"),
        (claim(Problem.LATE, ordered_at=ago(30)), "allow", "claims.good_faith"),
        (claim(Problem.MISDELIVERED, delivered_at=ago(0.1)), "allow", "claims.good_faith"),
        (claim(Problem.UNKNOWN_CHARGE), "allow_with_approval", "claims.unknown_charge"),
        (claim(Problem.DAMAGED, delivered_at=ago(1)), "allow", "claims.good_faith"),
        (claim(Problem.DAMAGED, 20_001), "needs_info", "claims.evidence"),
        (claim(Problem.DAMAGED, 20_001, evidence=True), "allow_with_approval", "claims.approval"),
        (claim(Problem.LATE, 20_001, promised_until=ago(9)), "allow_with_approval", "claims.approval"),
        (claim(Problem.DEFECTIVE, history=History(3, 900)), "needs_info", "claims.evidence"),
        (claim(Problem.DEFECTIVE, history=History(2, 45_000)), "allow", "claims.good_faith"),
        (claim(Problem.DEFECTIVE, history=History(2, 45_001)), "needs_info", "claims.evidence"),
    ],
)
def test_claims(question: ClaimQuestion, verdict: str, rule: str) -> None:
    decision = decide_claim(PACK, question)
    assert (decision.verdict, decision.rules) == (verdict, (rule,))
    may = decision.verdict in {Verdict.ALLOW, Verdict.ALLOW_WITH_APPROVAL} and rule != "claims.unknown_charge"
    assert decision.remedies == ((Remedy.RESEND, Remedy.REFUND) if may else ())
    assert (decision.approver is Role.LEADER) == (decision.verdict is Verdict.ALLOW_WITH_APPROVAL)


def test_a_wait_says_until_when() -> None:
    decision = decide_claim(PACK, claim(Problem.NOT_RECEIVED, delivered_at=ago(1)))
    assert decision.wait_until == ago(1) + 48 * HOUR
    assert decision.reasons[0].parameters == {"until": {"at": decision.wait_until.isoformat()}, "hours": 48}


def test_what_was_not_looked_at_is_asked_for() -> None:
    decision = decide_claim(PACK, claim(Problem.NOT_RECEIVED, delivered_at=ago(3), checked=("household",)))
    assert decision.asks == tuple(place for place in PLACES if place != "household")


# --- subscriptions, goodwill, advances ------------------------------------------------------------------------------


def ending(days: int, *, used: bool, accidental: bool = False) -> SubscriptionQuestion:
    began = ago(days)
    return SubscriptionQuestion(
        at=NOW,
        country="JP",
        paid=600,
        started_at=began,
        period_from=began,
        period_to=began + 30 * DAY,
        used=used,
        accidental=accidental,
    )


@pytest.mark.parametrize(
    ("question", "refund", "rule"),
    [
        (ending(20, used=False), 600, "subscriptions.unused"),
        (ending(3, used=False, accidental=True), 600, "subscriptions.accidental"),
        (ending(4, used=False, accidental=True), 600, "subscriptions.unused"),
        (ending(0, used=True), 580, "subscriptions.pro_rata"),
        (ending(9, used=True), 400, "subscriptions.pro_rata"),
        (ending(29, used=True), 0, "subscriptions.pro_rata"),
        (ending(40, used=True), 0, "subscriptions.pro_rata"),
    ],
)
def test_subscriptions(question: SubscriptionQuestion, refund: int, rule: str) -> None:
    decision = decide_subscription(PACK, question)
    assert (decision.refund, decision.rules) == (refund, (rule,))


def test_a_used_period_may_be_gone() -> None:
    assert decide_subscription(shipped("tau-retail"), ending(9, used=True)).refund == 0


def grant(role: Role, amount: int, *, case: int = 0, year: int = 0, today: int = 0) -> Decision:
    return decide(
        PACK,
        GoodwillQuestion(
            at=NOW, country="JP", role=role, amount=amount, given_case=case, given_year=year, given_today=today
        ),
    )


@pytest.mark.parametrize(
    ("decision", "verdict", "approver"),
    [
        (grant(Role.ASSOCIATE, 3_000), "allow", None),
        (grant(Role.ASSOCIATE, 3_001), "allow_with_approval", Role.LEADER),
        (grant(Role.ASSOCIATE, 1_000, case=2_500), "allow_with_approval", Role.LEADER),
        (grant(Role.ASSOCIATE, 1_000, year=9_500), "allow_with_approval", Role.LEADER),
        (grant(Role.ASSOCIATE, 1_000, today=14_500), "allow_with_approval", Role.LEADER),
        (grant(Role.ASSOCIATE, 20_001), "allow_with_approval", Role.ADMIN),
        (grant(Role.ASSOCIATE, 100_001), "deny", None),
        (grant(Role.LEADER, 20_000), "allow", None),
        (grant(Role.LEADER, 20_001), "allow_with_approval", Role.ADMIN),
        (grant(Role.ADMIN, 100_000), "allow", None),
        (grant(Role.ADMIN, 100_001), "deny", None),
    ],
)
def test_goodwill(decision: Decision, verdict: str, approver: Role | None) -> None:
    assert (decision.verdict, decision.approver) == (verdict, approver)


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (grant(Role.ASSOCIATE, 3_001), "above_case"),
        (grant(Role.ASSOCIATE, 1_000, year=9_500), "above_year"),
        (grant(Role.ASSOCIATE, 1_000, today=14_500), "above_day"),
        (grant(Role.ASSOCIATE, 3_001, year=9_500), "approval"),
    ],
)
def test_goodwill_above_one_limit_tells_which(decision: Decision, why: str) -> None:
    assert decision.reasons[0].key == f"policy.said.goodwill.{why}"


@pytest.mark.parametrize(
    ("amount", "since", "open_ones", "verdict"),
    [
        (30_000, 180, 1, "allow"),
        (30_001, 180, 1, "deny"),
        (30_000, 179, 1, "deny"),
        (30_000, 180, 2, "deny"),
    ],
)
def test_advances(amount: int, since: int, open_ones: int, verdict: str) -> None:
    question = AdvanceQuestion(at=NOW, country="JP", amount=amount, customer_since=ago(since), open_advances=open_ones)
    assert decide(PACK, question).verdict == verdict


# --- the law --------------------------------------------------------------------------------------------------------

HARD = with_values(
    PACK,
    {
        "returns/days": 3,
        "returns/terms_shown": True,
        "returns/defect_days": 10,
        "returns/opened_percent": 20,
        "returns/restocking_percent": 10,
        "refunds/within_days": 40,
        "claims/unpromised_days": 60,
    },
)


@pytest.mark.parametrize(
    ("country", "days", "defects", "opened", "within", "shipping", "unpromised"),
    [
        ("JP", 3, 365, 20, 40, False, 60),
        ("DE", 14, 730, 100, 14, True, 60),
        ("FR", 14, 730, 100, 14, True, 60),
        ("GB", 28, 30, 100, 14, True, 60),
        ("KR", 7, 90, 100, 3, False, 60),
        ("CN", 7, 10, 100, 7, False, 60),
        ("US", 3, 10, 20, 7, False, 30),
        ("BR", 3, 10, 20, 40, False, 60),
    ],
)
def test_the_better_for_the_consumer_wins(
    country: str, days: int, defects: int, opened: int, within: int, shipping: bool, unpromised: int
) -> None:
    pack, won = lawful(HARD, country, date(2026, 3, 3))
    returns = pack.returns
    assert (returns.days, returns.defect_days, returns.opened_percent) == (days, defects, opened)
    assert pack.refunds.within_days == within
    assert pack.faults[Fault.CUSTOMER].outward_shipping == shipping
    assert pack.claims.unpromised_days == unpromised
    assert {clause.field for clause in won} == changed(HARD, pack)


def changed(before: RulePack, after: RulePack) -> set[str]:
    """The fields in which they differ, by the names that clauses have for them."""
    paths = (one.path.replace("/", ".") for one in differences(before, after))
    return {path for path in paths if path in BETTER}


def test_in_japan_it_counts_whether_the_terms_were_told() -> None:
    """Told terms hold, however short; without them a consumer has 8 days and gets the whole price."""
    silent = with_values(HARD, {"returns/terms_shown": False})
    pack, won = lawful(silent, "JP", date(2026, 3, 3))
    assert (pack.returns.days, pack.returns.opened_percent) == (8, 100)
    assert "jp.return_without_terms" in [clause.id for clause in won]
    assert lawful(HARD, "JP", date(2026, 3, 3))[0].returns.days == 3


def test_in_europe_only_what_the_directive_excepts_stays() -> None:
    pack, _ = lawful(PACK, "DE", date(2026, 3, 3))
    assert pack.returns.never == ("perishable", "hygiene", "custom", "digital_opened")


def test_what_the_shop_gives_beyond_the_law_stays() -> None:
    pack, won = lawful(PACK, "DE", date(2026, 3, 3))
    assert pack.returns.days == 30
    assert "returns.days" not in {clause.field for clause in won}


def test_a_law_holds_from_its_day_on() -> None:
    assert lawful(HARD, "DE", date(2021, 12, 31))[0].returns.defect_days == 10
    assert lawful(HARD, "DE", date(2022, 1, 1))[0].returns.defect_days == 730
    assert clauses("DE", date(2014, 6, 12)) == ()


def test_every_clause_bounds_a_field_and_tells_its_source() -> None:
    found: list[Clause] = [clause for law in laws() for clause in law.clause]
    assert len({clause.id for clause in found}) == len(found) >= 18
    assert all(clause.field in BETTER and clause.law and clause.source for clause in found)
    assert {country for law in laws() for country in law.countries} >= {"JP", "DE", "GB", "KR", "CN", "US"}

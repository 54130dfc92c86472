"""The guarantee as a table: what it answers for, from when, until when, and what a seller's silence means."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from madoguchi.core.policy.decisions import Verdict
from madoguchi.core.policy.pack import Ground, shipped
from madoguchi.core.policy.questions import GuaranteeQuestion
from madoguchi.core.policy.rules import decide_guarantee

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
PACK = shipped("marketplace-jp")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def claim(ground: Ground = Ground.NOT_RECEIVED, **facts: object) -> GuaranteeQuestion:
    """Something for 5,280 yen that should have come ten days ago; the seller was asked five days ago."""
    question = GuaranteeQuestion(
        at=NOW,
        country="JP",
        ground=ground,
        amount=5_280,
        zone="Asia/Tokyo",
        ordered_at=NOW - 15 * DAY,
        promised_until=NOW - 10 * DAY,
        asked_at=NOW - 5 * DAY,
        return_asked_at=NOW - 14 * DAY,
    )
    return msgspec.structs.replace(question, **facts)


G = Ground


@pytest.mark.parametrize(
    ("question", "rule", "code"),
    [
        (claim(), "guarantee.covers", None),
        (claim(G.NOT_AS_DESCRIBED), "guarantee.covers", None),
        (claim(G.NOT_REFUNDED), "guarantee.covers", None),
        (claim(G.REFUND_NOT_PAID, return_asked_at=None), "guarantee.covers", None),
        (claim(flags=("digital",)), "guarantee.covers", "guarantee_not_covered"),
        (claim(flags=("gift_card",)), "guarantee.covers", "guarantee_not_covered"),
        (claim(charged_back=True), "guarantee.charged_back", "guarantee_charged_back"),
        (claim(amount=300_000), "guarantee.covers", None),
        (claim(amount=300_001), "guarantee.most", "guarantee_too_much"),
        (claim(asked_at=None), "guarantee.contact_hours", "guarantee_ask_seller"),
        (claim(asked_at=NOW - 48 * HOUR + timedelta(seconds=1)), "guarantee.contact_hours", "guarantee_seller_has"),
        (claim(asked_at=NOW - 48 * HOUR), "guarantee.covers", None),
        (claim(promised_until=NOW - 3 * DAY + HOUR), "guarantee.late_days", "guarantee_not_late"),
        (claim(promised_until=NOW - 3 * DAY), "guarantee.covers", None),
        (claim(promised_until=None, ordered_at=NOW - 32 * DAY), "guarantee.late_days", "guarantee_not_late"),
        (claim(promised_until=None, ordered_at=NOW - 33 * DAY), "guarantee.covers", None),
        (claim(G.NOT_AS_DESCRIBED, promised_until=NOW - DAY), "guarantee.covers", None),
        (claim(G.NOT_AS_DESCRIBED, return_asked_at=None), "guarantee.return", "guarantee_return_first"),
        (claim(G.NOT_REFUNDED, return_asked_at=None), "guarantee.return", "guarantee_return_first"),
        (claim(G.NOT_REFUNDED, return_asked_at=NOW - 13 * DAY), "guarantee.refund_days", "guarantee_refund_due"),
    ],
)
def test_what_can_be_claimed(question: GuaranteeQuestion, rule: str, code: str | None) -> None:
    decision = decide_guarantee(PACK, question)
    assert (decision.rules, decision.code) == ((rule,), code)
    assert (decision.verdict is Verdict.ALLOW) == (code is None) == (not decision.alternatives)


@pytest.mark.parametrize(
    ("promised", "until"),
    [
        ("2026-01-10T21:00+09:00", "2026-04-10"),
        ("2023-12-01T21:00+09:00", "2024-02-29"),  # a leap day is a day
        ("2025-12-31T23:59:59+09:00", "2026-03-31"),
        ("2025-12-31T15:00:00+00:00", "2026-04-01"),  # midnight of the first day of the year in Tokyo
    ],
)
def test_until_the_last_second_of_the_shops_day(promised: str, until: str) -> None:
    last = datetime.fromisoformat(f"{until}T23:59:59+09:00")
    question = claim(promised_until=datetime.fromisoformat(promised), asked_at=last - 9 * DAY)
    assert decide_guarantee(PACK, msgspec.structs.replace(question, at=last)).verdict is Verdict.ALLOW
    late = decide_guarantee(PACK, msgspec.structs.replace(question, at=last + timedelta(seconds=1)))
    assert (late.code, late.until) == ("guarantee_over", last)


def test_a_wait_says_until_when_and_what_comes_first_is_named() -> None:
    waiting = decide_guarantee(PACK, claim(asked_at=NOW - HOUR))
    assert waiting.wait_until == NOW + 47 * HOUR
    assert decide_guarantee(PACK, claim(asked_at=None)).alternatives == ("seller.contact",)
    assert decide_guarantee(PACK, claim(G.NOT_REFUNDED, return_asked_at=None)).alternatives == ("return.start",)


@pytest.mark.parametrize(
    ("facts", "grants"),
    [
        ({}, True),
        ({"amount": 30_000}, True),
        ({"amount": 30_001}, False),
        ({"delivered": True}, False),  # the carrier's word stands against it
        ({"ground": G.NOT_AS_DESCRIBED, "delivered": True}, True),
    ],
)
def test_what_silence_means(facts: dict[str, object], grants: bool) -> None:
    decision = decide_guarantee(PACK, claim(**facts))
    assert (decision.silence_grants, decision.answer_by) == (grants, NOW + 48 * HOUR)


@pytest.mark.parametrize("ground", Ground)
def test_a_shop_may_answer_for_nothing(ground: Ground) -> None:
    assert decide_guarantee(shipped("tau-retail"), claim(ground)).code == "guarantee_not_covered"

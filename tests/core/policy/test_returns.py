"""Which return is accepted when: by goods, reason, condition, day and country, with the clause that decided it.

Each table is read like the page that a shop owner reads; every row goes through the rules as they are shipped.
"""

from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.decisions import ReturnDecision, Verdict
from madoguchi.core.policy.fields import with_values
from madoguchi.core.policy.pack import Asked, Fault, Method, Payer, ReturnReason, RulePack, Trigger, shipped
from madoguchi.core.policy.questions import Condition, History, ReturnQuestion
from madoguchi.core.policy.returning import asked_of, decide_returns, return_until
from madoguchi.core.policy.rules import decide_return

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
PACK = shipped("marketplace-jp")
RETAIL = shipped("tau-retail")
DAY = timedelta(days=1)
R = ReturnReason
OPENED, USED = Condition(opened=True), Condition(opened=True, used=True)
INCOMPLETE, UNTAGGED = Condition(complete=False), Condition(tags=False)
WORN = {"opened": OPENED, "used": USED, "incomplete": INCOMPLETE, "untagged": UNTAGGED, "-": Condition()}
CLOTHES = ("free_return",)


def back(reason: ReturnReason = R.NO_LONGER_NEEDED, *, days: float = 5, **facts: object) -> ReturnQuestion:
    """A return of something for 5,480 yen that came so many days ago."""
    question = ReturnQuestion(
        at=NOW,
        country="JP",
        reason=reason,
        ordered_at=NOW - (days + 2) * DAY,
        delivered_at=NOW - days * DAY,
        zone="Asia/Tokyo",
        amount=5_480,
    )
    return msgspec.structs.replace(question, **facts)


def said(question: ReturnQuestion, pack: RulePack = PACK) -> str:
    """The code of the refusal, or the share with who pays for sending it back."""
    decision = decide_return(pack, question)
    how = f"{decision.percent}% {decision.postage}"
    return decision.code or ("kept" if decision.keep else f"{how}, inspected" if decision.inspected else how)


# --- by goods, reason and condition ---------------------------------------------------------------------------------

TABLE = """
goods           condition   no_longer_needed    size                better_price        defective   damaged
-               -           100% customer       100% customer       100% customer       100% shop   100% shop
-               opened      50% customer        50% customer        50% customer        100% shop   100% shop
-               used        return_used         return_used         return_used         100% shop   100% shop
-               incomplete  100% customer,      100% customer,      100% customer,      100% shop   100% shop
free_return     -           100% customer       100% shop           100% customer       100% shop   100% shop
free_return     opened      100% customer       100% shop           100% customer       100% shop   100% shop
free_return     used        return_used         return_used         return_used         100% shop   100% shop
free_return     untagged    100% customer,      100% shop,          100% customer,      100% shop   100% shop
perishable      -           return_never        return_never        return_never        kept        kept
hygiene         -           return_never        return_never        return_never        kept        kept
hazmat          -           return_never        return_never        return_never        kept        kept
custom          -           return_never        return_never        return_never        100% shop   100% shop
gift_card       -           return_never        return_never        return_never        kept        kept
digital         -           return_never        return_never        return_never        kept        kept
digital_opened  -           return_never        return_never        return_never        kept        kept
final_sale      -           return_never        return_never        return_never        100% shop   100% shop
"""


def _cells(table: str) -> list[tuple[str, str, str, str]]:
    head, *rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.strip().splitlines()]
    return [(row[0], row[1], reason, cell) for row in rows for reason, cell in zip(head[2:], row[2:], strict=True)]


@pytest.mark.parametrize(("goods", "condition", "reason", "expected"), _cells(TABLE))
def test_by_goods_reason_and_condition(goods: str, condition: str, reason: str, expected: str) -> None:
    flags = () if goods == "-" else (goods,)
    found = said(back(R(reason), flags=flags, condition=WORN[condition]))
    assert found == (f"{expected} inspected" if expected.endswith(",") else expected)


@pytest.mark.parametrize("reason", ReturnReason)
def test_every_reason_has_one_whose_fault_it_is(reason: ReturnReason) -> None:
    by_wish = {R.NO_LONGER_NEEDED, R.MISTAKE, R.SIZE, R.DISLIKE, R.BETTER_PRICE}
    by_carrier = {R.DAMAGED, R.LOST}
    decision = decide_return(PACK, back(reason))
    expected = Fault.CUSTOMER if reason in by_wish else Fault.CARRIER if reason in by_carrier else Fault.SELLER
    assert decision.fault is expected
    whose = decision.fault is not Fault.CUSTOMER
    assert (decision.outward_shipping, decision.fees, decision.postage is Payer.SHOP) == (whose, whose, whose)
    assert decision.rules == (f"faults.{expected}",)


def test_no_fee_when_it_is_not_the_customers_fault() -> None:
    """I4, whatever a shop asks of those who changed their mind."""
    dear = with_values(PACK, {"returns/restocking_percent": 20, "returns/postage": 1_500})
    for reason, flags in product(ReturnReason, [(), CLOTHES]):
        decision = decide_return(dear, back(reason, flags=flags))
        free = decision.postage is Payer.SHOP
        assert decision.restocking_percent == (0 if free else 20)
        assert [decision.postage_by(method) for method in (Method.CODE, Method.OWN)] == [0 if free else 1_500, 0]


# --- by day ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "delivered", "until"),
    [
        ("2026-02-08", "2026-02-10", "2026-03-12"),
        ("2026-01-01", "2026-01-30", "2026-03-01"),  # no leap year
        ("2024-01-10", "2024-01-30", "2024-02-29"),  # a leap day is a day
        ("2024-02-20", "2024-02-29", "2024-03-30"),
        ("2025-10-31", "2025-11-05", "2025-12-05"),  # a day before the season
        ("2025-11-01", "2025-11-05", "2026-01-31"),
        ("2025-11-30", "2025-12-01", "2026-01-31"),
        ("2025-12-31", "2025-12-31", "2026-01-31"),  # over the end of the year
        ("2025-12-31", "2026-01-04", "2026-02-03"),  # the ordinary end is later
        ("2026-01-01", "2026-01-04", "2026-02-03"),
    ],
)
def test_until_the_last_second_of_a_day_of_the_shop(ordered: str, delivered: str, until: str) -> None:
    last = datetime.fromisoformat(f"{until}T23:59:59+09:00")
    question = back(
        ordered_at=datetime.fromisoformat(f"{ordered}T23:59:59+09:00"),
        delivered_at=datetime.fromisoformat(f"{delivered}T12:00+09:00"),
    )
    assert return_until(PACK, question) == last
    for at, expected in [
        (last, "100% customer"),
        (last + timedelta(microseconds=999_999), "100% customer"),
        (last + timedelta(seconds=1), "return_late"),
    ]:
        assert said(msgspec.structs.replace(question, at=at)) == expected


def test_days_are_those_of_the_shop() -> None:
    night = datetime(2026, 2, 1, 16, tzinfo=UTC)  # one o'clock of the next day in Tokyo
    assert return_until(PACK, back(delivered_at=night)).isoformat() == "2026-03-04T23:59:59+09:00"
    new_york = msgspec.structs.replace(back(delivered_at=night), zone="America/New_York")
    assert return_until(PACK, new_york).isoformat() == "2026-03-03T23:59:59-05:00"


def test_the_season_is_that_of_the_shops_day() -> None:
    october = datetime(2025, 10, 31, 15, 30, tzinfo=UTC)  # half past midnight of 1 November in Tokyo
    question = back(ordered_at=october, delivered_at=october + DAY)
    assert return_until(PACK, question).isoformat() == "2026-01-31T23:59:59+09:00"


def test_a_label_is_good_for_its_days_also_where_the_window_ends_before() -> None:
    decision = decide_return(PACK, back(days=30))
    assert decision.verdict is Verdict.ALLOW
    assert decision.until.isoformat() == "2026-03-03T23:59:59+09:00"
    assert decision.send_by.isoformat() == "2026-03-31T23:59:59+09:00"


# --- by country -----------------------------------------------------------------------------------------------------

# A shop that gives little, so that the law shows: 3 days, 10 for what is faulty, a fifth of the price once opened.
HARD = with_values(
    PACK,
    {
        "returns/season/back_until": "01-01",
        "returns/days": 3,
        "returns/defect_days": 10,
        "returns/opened_percent": 20,
        "returns/restocking_percent": 10,
        "returns/untagged": "refused",
    },
)
SILENT = with_values(HARD, {"returns/terms_shown": False})
NOTHING: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("country", "question", "expected", "clauses"),
    [
        ("JP", back(days=3), "100% customer", NOTHING),
        ("JP", back(days=4), "return_late", NOTHING),
        ("JP", back(days=2, condition=OPENED), "20% customer", NOTHING),
        ("JP", back(R.DEFECTIVE, days=365), "100% shop", ("jp.defects_after_a_year",)),
        ("JP", back(R.DEFECTIVE, days=366), "return_late", NOTHING),
        ("DE", back(days=14), "100% customer", ("eu.withdrawal", "eu.outward_delivery", "eu.no_penalty")),
        ("DE", back(days=15), "return_late", NOTHING),
        (
            "DE",
            back(days=2, condition=OPENED),
            "100% customer",
            ("eu.withdrawal", "eu.handling", "eu.outward_delivery", "eu.no_penalty"),
        ),
        (
            "DE",
            back(days=2, condition=Condition(used=True)),
            "100% customer, inspected",
            ("eu.withdrawal", "eu.outward_delivery", "eu.used_goods", "eu.no_penalty"),
        ),
        (
            "DE",
            back(R.SIZE, days=2, flags=CLOTHES, condition=UNTAGGED),
            "100% shop, inspected",
            ("eu.withdrawal", "eu.outward_delivery", "eu.untagged_goods"),
        ),
        (
            "DE",
            back(days=2, flags=("final_sale",)),
            "100% customer",
            ("eu.withdrawal", "eu.withdrawal_exceptions", "eu.outward_delivery", "eu.no_penalty"),
        ),
        ("DE", back(days=2, flags=("custom",)), "return_never", NOTHING),
        ("FR", back(R.DEFECTIVE, days=730), "100% shop", ("eu.guarantee",)),
        ("FR", back(R.DEFECTIVE, days=731), "return_late", NOTHING),
        ("GB", back(days=28), "100% customer", ("uk.cancellation", "uk.outward_delivery", "uk.no_penalty")),
        ("GB", back(days=29), "return_late", NOTHING),
        (
            "GB",
            back(days=2, condition=OPENED),
            "100% customer",
            ("uk.cancellation", "uk.outward_delivery", "uk.handling", "uk.no_penalty"),
        ),
        ("GB", back(R.DEFECTIVE, days=30), "100% shop", ("uk.rejection",)),
        ("KR", back(days=7), "100% customer", ("kr.withdrawal", "kr.no_penalty")),
        ("KR", back(days=8), "return_late", NOTHING),
        ("KR", back(days=2, condition=OPENED), "100% customer", ("kr.withdrawal", "kr.whole_price", "kr.no_penalty")),
        ("KR", back(R.DEFECTIVE, days=90), "100% shop", ("kr.defect",)),
        ("CN", back(days=7), "100% customer", ("cn.return_without_reason",)),
        ("CN", back(days=8), "return_late", NOTHING),
        ("CN", back(days=2, condition=OPENED), "100% customer", ("cn.return_without_reason", "cn.whole_price")),
        ("US", back(days=3), "100% customer", NOTHING),
        ("US", back(days=4), "return_late", NOTHING),
    ],
)
def test_by_country(country: str, question: ReturnQuestion, expected: str, clauses: tuple[str, ...]) -> None:
    question = msgspec.structs.replace(question, country=country)
    assert said(question, HARD) == expected
    assert decide_return(HARD, question).clauses == clauses


def test_in_japan_it_counts_whether_the_terms_were_told() -> None:
    question = back(days=8, condition=OPENED)
    assert said(question, SILENT) == "100% customer"
    clauses = ("jp.return_without_terms", "jp.whole_price_without_terms")
    assert decide_return(SILENT, question).clauses == clauses
    assert said(back(days=9), SILENT) == "return_late"
    assert said(back(days=8), HARD) == "return_late"


def test_no_clause_wins_where_the_shop_gives_more() -> None:
    """30 days, whole price, all that Europe asks for: only what the shop does not give by itself is the law's doing."""
    generous = with_values(
        PACK, {"returns/opened_percent": 100, "faults/customer/outward_shipping": True, "returns/used": "accepted"}
    )
    assert decide_return(generous, back(country="DE", condition=USED)).clauses == ()


# --- photos, goods that stay, when the money goes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"amount": 20_000}, None),
        ({"amount": 20_001}, "return_needs_photo"),
        ({"amount": 20_001, "evidence": True}, None),
        ({"returns_before": 4}, None),
        ({"returns_before": 5}, "return_needs_photo"),
        ({"returns_before": 5, "evidence": True}, None),
    ],
)
def test_a_photo_is_asked_for_by_amount_and_history_only(facts: dict[str, object], expected: str | None) -> None:
    decision = decide_return(PACK, back(R.DAMAGED, **facts))
    assert decision.code == expected
    assert decision.asks == (("photo",) if expected else ())
    for reason in (R.NO_LONGER_NEEDED, R.SIZE, R.LATE):  # nothing that a photo shows
        assert decide_return(PACK, back(reason, **facts)).verdict is Verdict.ALLOW


@pytest.mark.parametrize(("amount", "rule"), [(1_499, "returns.keep_below"), (1_500, None)])
def test_what_is_worth_little_and_faulty_need_not_come_back(amount: int, rule: str | None) -> None:
    decision = decide_return(PACK, back(R.DEFECTIVE, amount=amount))
    assert (decision.keep, decision.trigger is Trigger.NOW, decision.methods == ()) == (rule is not None,) * 3
    assert decision.rules == (("faults.seller", rule) if rule else ("faults.seller",))
    assert not decide_return(PACK, back(amount=amount)).keep


@pytest.mark.parametrize(
    ("history", "little", "perishable"),
    [
        (History(2, 30_000), (True, None), (True, None)),
        (History(3, 4_000), (False, None), (True, Role.LEADER)),
        (History(1, 49_000), (False, None), (True, Role.LEADER)),
    ],
)
def test_above_what_is_believed_it_comes_back_or_a_person_agrees(
    history: History, little: object, perishable: object
) -> None:
    """Good faith for claims and for what need not come back has the same limits."""
    for facts, expected in (({"amount": 1_400}, little), ({"flags": ("perishable",)}, perishable)):
        decision = decide_return(PACK, back(R.DEFECTIVE, history=history, **facts))
        assert (decision.keep, decision.approver) == expected


def test_of_one_return_each_line_counts_for_the_next() -> None:
    lines = {ref: back(R.DEFECTIVE, amount=1_400) for ref in "12"}
    decisions = decide_returns(PACK, lines, History(1, 48_000))
    assert [one.keep for one in decisions.values()] == [True, False]


@pytest.mark.parametrize("flag", ["gift_card", "digital_opened"])
def test_what_is_never_paid_back_by_itself_needs_a_persons_word(flag: str) -> None:
    decision = decide_return(PACK, back(R.DEFECTIVE, flags=(flag,)))
    assert (decision.verdict, decision.approver) == (Verdict.ALLOW_WITH_APPROVAL, Role.LEADER)


@pytest.mark.parametrize(
    ("facts", "trigger", "ship"),
    [
        ({}, "inspected", "received"),
        ({"to_balance": True}, "received", "received"),
        ({"trusted": True}, "first_scan", "now"),
        ({"trusted": True, "to_balance": True}, "first_scan", "now"),
        ({"trusted": True, "to_balance": True, "condition": INCOMPLETE}, "inspected", "now"),
    ],
)
def test_what_the_money_and_the_new_goods_wait_for(facts: dict[str, object], trigger: str, ship: str) -> None:
    decision = decide_return(PACK, back(**facts))
    assert (decision.trigger, decision.ship) == (trigger, ship)


def test_ways_back_are_by_who_pays() -> None:
    assert decide_return(PACK, back()).methods == (Method.OWN, Method.CODE, Method.PICKUP)
    assert decide_return(PACK, back(R.DEFECTIVE)).methods == (Method.LABEL, Method.CODE, Method.PICKUP)


def test_only_what_fits_the_goods_is_asked() -> None:
    assert asked_of(PACK, ()) == (Asked.REASON, Asked.OPENED, Asked.USED, Asked.COMPLETE)
    assert asked_of(PACK, CLOTHES) == (Asked.REASON, Asked.USED, Asked.COMPLETE, Asked.TAGS)
    assert asked_of(RETAIL, ()) == ()


@pytest.mark.parametrize("flags", [(), ("final_sale",), ("gift_card",)])
def test_a_shop_without_questions_takes_everything_back(flags: tuple[str, ...]) -> None:
    decision = decide_return(RETAIL, back(days=400, flags=flags))
    assert (decision.percent, decision.postage, decision.code) == (100, Payer.SHOP, None)


def test_a_refusal_has_a_way_out_and_a_decision_its_rule() -> None:
    for pack, reason, condition, flags, days in product(
        (PACK, RETAIL), ReturnReason, WORN.values(), [(), CLOTHES, ("custom",), ("digital",)], [1, 40, 4_000]
    ):
        decision: ReturnDecision = decide_return(
            pack, back(reason, days=days, flags=flags, condition=condition, country="XX")
        )
        refused = decision.verdict is Verdict.OFFER_ALTERNATIVE
        assert refused == bool(decision.alternatives) == (decision.code is not None)
        assert decision.rules

"""The change matrix as a table: every wish in every state of the default pack, and of the imported shop's."""

from datetime import UTC, datetime
from itertools import product

import msgspec
import pytest

from madoguchi.core.policy.decisions import Verdict
from madoguchi.core.policy.pack import ChangeWish, Stage, Then, shipped
from madoguchi.core.policy.questions import ChangeQuestion, LineFacts
from madoguchi.core.policy.rules import decide_change

AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
PACK = shipped("marketplace-jp")
RETAIL = shipped("tau-retail")

W, S = ChangeWish, Stage
# wish → what happens at pending_payment, paid, paid after the cut-off, preparing, shipped, delivered, cancelled
COLUMNS = ("pending_payment", "paid", "cut_off", "preparing", "shipped", "delivered", "cancelled")
MATRIX = {
    W.CANCEL: "at_once  at_once  ask_store  ask_store  cancel_shipped  cancel_delivered  cancel_already",
    W.ADDRESS: "at_once  at_once  ask_store  ask_store  carrier  address_delivered  order_cancelled",
    W.ITEMS: "with_difference with_difference items_too_late items_too_late items_too_late items_delivered "
    "order_cancelled",
    W.PAYMENT: "at_once  at_once  at_once  payment_too_late  payment_too_late  payment_too_late  order_cancelled",
    W.GIFT_OPTIONS: "at_once at_once ask_store ask_store gift_options_too_late gift_options_too_late order_cancelled",
    W.COUPON: "with_difference with_difference with_difference with_difference coupon_too_late coupon_too_late "
    "order_cancelled",
    W.REORDER: "at_once at_once at_once at_once at_once at_once at_once",
}
# who or what is special → wish → the code of the refusal at a stage at which it would be possible else
SPECIAL = {
    "gift": {
        W.CANCEL: "cancel_asks_person",
        W.ADDRESS: "change_asks_person",
        W.ITEMS: "change_asks_person",
        W.PAYMENT: "payment_too_late",
        W.GIFT_OPTIONS: "at_once",
        W.COUPON: "with_difference",
        W.REORDER: "at_once",
    },
    "business": {
        W.CANCEL: "cancel_asks_person",
        W.ADDRESS: "change_asks_person",
        W.ITEMS: "change_asks_person",
        W.PAYMENT: "payment_too_late",
        W.GIFT_OPTIONS: "change_asks_person",
        W.COUPON: "change_asks_person",
        W.REORDER: "change_asks_person",
    },
    "digital_opened": {
        W.CANCEL: "cancel_digital_opened",
        W.ADDRESS: "address_digital",
        W.ITEMS: "items_digital",
        W.PAYMENT: "at_once",
        W.GIFT_OPTIONS: "gift_options_digital",
        W.COUPON: "with_difference",
        W.REORDER: "at_once",
    },
    "custom": {
        W.CANCEL: "cancel_custom_made",
        W.ADDRESS: "at_once",
        W.ITEMS: "items_custom_made",
        W.PAYMENT: "at_once",
        W.GIFT_OPTIONS: "at_once",
        W.COUPON: "with_difference",
        W.REORDER: "reorder_custom_made",
    },
}


def asked(wish: ChangeWish, *lines: LineFacts, **more: object) -> ChangeQuestion:
    """A question about an ordinary order of these lines."""
    facts = {"status": "paid", "gift": False, "business": False, "after_cut_off": False} | more
    return msgspec.convert(
        {"at": AT, "country": "JP", "wish": wish, "lines": msgspec.to_builtins(lines), "matter": "change"} | facts,
        ChangeQuestion,
    )


def said(question: ChangeQuestion) -> str:
    """How the one line goes, or the code of the refusal."""
    decision = decide_change(PACK, question)
    return decision.code or decision.lines["L"].then


@pytest.mark.parametrize(("wish", "column"), list(product(MATRIX, range(len(COLUMNS)))))
def test_every_cell(wish: ChangeWish, column: int) -> None:
    late = COLUMNS[column] == "cut_off"
    stage = Stage.PAID if late else Stage(COLUMNS[column])
    assert said(asked(wish, LineFacts("L", stage), after_cut_off=late)) == MATRIX[wish].split()[column]


@pytest.mark.parametrize(("what", "wish"), [(what, wish) for what in SPECIAL for wish in ChangeWish])
def test_what_is_special_is_decided_apart(what: str, wish: ChangeWish) -> None:
    flags = (what,) if what in {"digital_opened", "custom"} else ()
    whose = {what: True} if what in {"gift", "business"} else {}
    assert said(asked(wish, LineFacts("L", Stage.PAID, flags), **whose)) == SPECIAL[what][wish]


@pytest.mark.parametrize("wish", ChangeWish)
def test_no_pack_has_a_gap(wish: ChangeWish) -> None:
    """Any line in any order meets a row, and what is denied has a code and, unless it is over, a way out."""
    flags = ((), ("digital",), ("digital_opened",), ("custom",), ("gift_card",), ("final_sale",))
    for pack, stage, flag, gift, business, late in product((PACK, RETAIL), Stage, flags, *[(False, True)] * 3):
        question = asked(wish, LineFacts("L", stage, flag), gift=gift, business=business, after_cut_off=late)
        decision = decide_change(pack, question)
        assert (decision.verdict is Verdict.ALLOW) == bool(decision.lines) == (decision.code is None)
        assert decision.alternatives or decision.lines or decision.code in {"cancel_already", "order_cancelled"}
        assert decision.rules
        assert all(rule.startswith(f"{wish}.") for rule in decision.rules)


def test_of_a_partly_shipped_order_the_rest_may_change() -> None:
    lines = (LineFacts("sent", Stage.SHIPPED), LineFacts("here", Stage.PAID))
    decision = decide_change(PACK, asked(W.CANCEL, *lines))
    assert list(decision.lines) == ["here"]
    assert decision.rules == ("cancel.paid",)


@pytest.mark.parametrize(
    ("wish", "code"),
    [(W.PAYMENT, "payment_too_late"), (W.GIFT_OPTIONS, "gift_options_too_late"), (W.COUPON, "coupon_too_late")],
)
def test_what_concerns_a_whole_order_may_not_change_once_a_part_is_sent(wish: ChangeWish, code: str) -> None:
    lines = (LineFacts("sent", Stage.SHIPPED), LineFacts("here", Stage.PAID))
    assert decide_change(PACK, asked(wish, *lines, partly_shipped=True)).code == code


def test_lines_that_were_named_must_all_go() -> None:
    lines = (LineFacts("sent", Stage.SHIPPED), LineFacts("here", Stage.PAID))
    decision = decide_change(PACK, asked(W.CANCEL, *lines, named=True))
    assert (decision.verdict, decision.code) == (Verdict.OFFER_ALTERNATIVE, "cancel_shipped")
    assert decision.alternatives == ("return.start", "service.human")


def test_a_refusal_tells_until_when_it_may_come_back() -> None:
    decision = decide_change(PACK, asked(W.CANCEL, LineFacts("L", Stage.DELIVERED)))
    assert decision.reasons[0].parameters["days"] == PACK.returns.days


@pytest.mark.parametrize(
    ("status", "wish", "says"),
    [
        ("pending", W.CANCEL, Then.AT_ONCE),
        ("pending", W.ADDRESS, Then.AT_ONCE),
        ("pending", W.ITEMS, Then.WITH_DIFFERENCE),
        ("pending", W.PAYMENT, Then.AT_ONCE),
        ("pending (item modified)", W.CANCEL, "cancel_not_pending"),
        ("pending (item modified)", W.ITEMS, "change_not_pending"),
        ("processed", W.ADDRESS, "change_not_pending"),
        ("pending", W.COUPON, "change_asks_person"),
        ("pending", W.GIFT_OPTIONS, "change_asks_person"),
        ("pending", W.REORDER, "change_asks_person"),
    ],
)
def test_a_shop_that_knows_its_own_words(status: str, wish: ChangeWish, says: str) -> None:
    decision = decide_change(RETAIL, asked(wish, LineFacts("L", Stage.PAID), status=status))
    assert (decision.code or decision.lines["L"].then) == says

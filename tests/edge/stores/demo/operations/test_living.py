"""How the living shop answers: the cancel and change matrix by where an order stands, and the money of each change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Address,
    Balance,
    Coupon,
    Failure,
    GiftOptions,
    LineEdit,
    OrderState,
    RefundTo,
    StoreOrder,
    TenderKind,
)
from madoguchi.edge.stores.demo import baskets, catalogue, money, stories
from madoguchi.edge.stores.demo.money import Movement, Way
from madoguchi.edge.stores.demo.operations import living
from madoguchi.edge.stores.demo.operations.answers import Answer, Effect, Facts, Waiting
from madoguchi.edge.stores.demo.operations.asked import (
    AddGiftOptions,
    ApplyCoupon,
    Cancel,
    ChangePayment,
    EditLines,
    OfLivingOrder,
    Refund,
    UpdateShippingAddress,
)
from madoguchi.edge.stores.demo.people import (
    CARD,
    COD,
    ICHIRO,
    KENTA,
    KONBINI,
    KONBINI_UNPAID,
    MISAKI,
    YOKO,
    Pay,
    Person,
    Story,
)
from madoguchi.kit.money import Money, total

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
NAMED = {placed.order.ref: placed.order for placed in stories.contents(NOW).orders}
PRODUCTS = {product.ref: product for product in catalogue.products()}
ELSEWHERE = Address(
    name="佐藤 美咲", lines=("中央1-1",), city="札幌市中央区", region="北海道", postal_code="060-0001", country="JP"
)
POINTS = Pay(TenderKind.POINTS)
DONE, ASKED = "done", "asked"
WRAPPING = Money(330, "JPY")
WRAPPED = GiftOptions(wrapping=True)


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def method(ref: str, balance: int | None) -> Balance:
    return Balance(method_ref=ref, kind=TenderKind(ref), label=ref, balance=None if balance is None else yen(balance))


def facts(order: StoreOrder, *, gift: int = 0, points: int = 0, refunds: bool = True) -> Facts:
    held = (method("card", None), method("gift_balance", gift), method("points", points))
    coupons = tuple(
        Coupon(
            code=code,
            value=yen(500),
            minimum=yen(3000),
            valid_until=NOW + timedelta(days=days),
            used=code == "USED",
        )
        for code, days in (("GOOD", 1), ("OVER", -1), ("USED", 1))
    )
    customer = replace(MISAKI.customer, methods=held, coupons=coupons)
    return Facts(now=NOW, order=order, customer=customer, products=PRODUCTS, refunds=refunds, wrapping=WRAPPING)


def told(person: Person, story: Story) -> StoreOrder:
    return NAMED[person.order(story)]


def placed(pay: tuple[Pay, ...] = (CARD,), items: Mapping[str, int] | None = None) -> StoreOrder:
    return baskets.place("MD-99999999", MISAKI.customer, NOW, items or {"TOWEL-BE": 3, "LOTION-1": 1}, pay)


def word(answer: Answer) -> str:
    """An answer in one word."""
    if isinstance(answer, Effect):
        return DONE
    return ASKED if answer is Waiting.WAREHOUSE else str(answer)


def done(answer: Answer) -> Effect:
    assert isinstance(answer, Effect), answer
    return answer


def cancel(order: StoreOrder, lines: dict[str, int] | None = None) -> Answer:
    return living.answer(facts(order), Cancel(order.ref, order.version, lines, "other"))


def to(order: StoreOrder, address: Address) -> UpdateShippingAddress:
    return UpdateShippingAddress(order.ref, order.version, address)


def edit(order: StoreOrder, line: str, sku: str, difference: int, pay_with: str = "card") -> EditLines:
    return EditLines(order.ref, order.version, (LineEdit(line_ref=line, sku=sku),), pay_with, yen(difference))


def back(order: StoreOrder, amount: int, where: RefundTo = RefundTo.ORIGINAL, tender: str = "1") -> Refund:
    return Refund(order.ref, tender, yen(amount), where)


def as_present(order: StoreOrder, options: GiftOptions = WRAPPED, difference: int = 330) -> AddGiftOptions:
    return AddGiftOptions(order.ref, order.version, options, "card", yen(difference))


def payment(order: StoreOrder, ref: str) -> ChangePayment:
    return ChangePayment(order.ref, order.version, ref)


# -- the matrix


@pytest.mark.parametrize(
    ("person", "story", "cancelling", "address", "payment", "present"),
    [
        (KENTA, Story.PENDING_PAYMENT, DONE, DONE, DONE, DONE),
        (MISAKI, Story.CANCELLABLE, DONE, DONE, "invalid", DONE),  # three tenders
        (YOKO, Story.GIFT, DONE, DONE, "invalid", DONE),  # what we ask of a person first is our rule, not the store's
        (KENTA, Story.PREPARING, ASKED, ASKED, "too_late", ASKED),
        (KENTA, Story.PREPARING_TOO_LATE, ASKED, ASKED, "too_late", ASKED),
        (ICHIRO, Story.EXPRESS, ASKED, ASKED, "invalid", ASKED),  # paid with that card
        (MISAKI, Story.PARTLY_SHIPPED, "too_late", DONE, "too_late", "too_late"),
        (MISAKI, Story.LATE, "too_late", "too_late", "too_late", "too_late"),
        (KENTA, Story.SHIPPED, "too_late", "too_late", "too_late", "too_late"),
        (MISAKI, Story.DELIVERED, "too_late", "too_late", "too_late", "too_late"),
        (YOKO, Story.DIGITAL, "too_late", "too_late", "too_late", "too_late"),
        (YOKO, Story.DIGITAL_OPENED, "too_late", "too_late", "too_late", "too_late"),
        (YOKO, Story.CANCELLED, "invalid", "invalid", "invalid", "invalid"),
    ],
)
def test_where_an_order_stands(
    person: Person, story: Story, cancelling: str, address: str, payment: str, present: str
) -> None:
    order = told(person, story)
    wishes: tuple[OfLivingOrder, ...] = (
        Cancel(order.ref, order.version, None, "other"),
        to(order, ELSEWHERE),
        ChangePayment(order.ref, order.version, "card"),
        as_present(order),
    )
    known = facts(order, gift=10**6)
    assert [word(living.answer(known, wish)) for wish in wishes] == [cancelling, address, payment, present]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ({"2": 1}, DONE),  # the pot waits for stock
        ({"1": 1}, "too_late"),
        ({"1": 1, "2": 1}, "too_late"),
        ({"2": 2}, "invalid"),
        ({"2": 0}, "invalid"),
        ({"2": -1}, "invalid"),
        ({"3": 1}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_lines_of_a_partly_shipped_order(lines: dict[str, int], answer: str) -> None:
    assert word(cancel(told(MISAKI, Story.PARTLY_SHIPPED), lines)) == answer


@pytest.mark.parametrize(("may_stop", "answer"), [(True, DONE), (False, "too_late")])
def test_the_warehouse_stops_or_not(may_stop: bool, answer: str) -> None:
    order = told(KENTA, Story.PREPARING)
    for wish in (Cancel(order.ref, order.version, None, "other"), to(order, ELSEWHERE), as_present(order)):
        assert word(living.answer_of_warehouse(facts(order), wish, may_stop=may_stop)) == answer


# -- money that the store leaves to us


def test_without_refunds_captured_money_stays_and_the_rest_is_not_asked_for() -> None:
    order = placed((Pay(TenderKind.POINTS, 1000), KONBINI_UNPAID))
    known = facts(order, refunds=False)
    part = done(living.answer(known, Cancel(order.ref, 1, {"2": 1}, "other")))
    assert part.movements == ()
    assert [t.amount for t in part.order.tenders] == [yen(1000), order.tenders[1].amount - yen(1200)]
    again = done(living.answer(replace(known, order=part.order), Cancel(order.ref, 1, {"1": 1}, "other")))
    assert again.order.tenders[1].amount == part.order.tenders[1].amount - yen(3960)
    whole = done(living.answer(replace(known, order=again.order), Cancel(order.ref, 1, None, "other")))
    assert (whole.movements, whole.order.state) == ((), OrderState.CANCELLED)
    assert [(t.amount, t.captured, t.refunded) for t in whole.order.tenders] == [
        (yen(1000), yen(1000), yen(0)),
        (yen(0), yen(0), yen(0)),
    ]


# -- address


def test_the_promise_follows_the_address() -> None:
    order = placed()
    after = done(living.answer(facts(order), to(order, ELSEWHERE))).order
    assert after.address == ELSEWHERE
    assert order.promised_until
    assert after.promised_until == order.promised_until + timedelta(days=2)  # Hokkaidō


@pytest.mark.parametrize(
    "wrong", [{"country": "US"}, {"postal_code": "1234"}, {"postal_code": "abc-defg"}, {"lines": ()}, {"name": ""}]
)
def test_an_address_no_carrier_finds(wrong: dict[str, str]) -> None:
    order = placed()
    assert living.answer(facts(order), to(order, replace(ELSEWHERE, **wrong))) is Failure.INVALID


# -- items


def test_a_dearer_variant_is_charged_by_a_tender_of_its_own() -> None:
    order = placed()
    effect = done(living.answer(facts(order, gift=5000), edit(order, "1", "TOWEL-BL", 1320, "gift_balance")))
    line = effect.order.lines[0]
    assert (line.sku, line.unit_price, line.total, line.tax) == ("TOWEL-BL", yen(4400), yen(13200), yen(1200))
    assert effect.order.total == order.total + yen(1320)
    assert [(t.kind, t.captured) for t in effect.order.tenders][1:] == [(TenderKind.GIFT_BALANCE, yen(1320))]
    assert effect.movements == (Movement(tender_ref="2", way=Way.PAYMENT, method_ref="gift_balance", amount=1320),)


@pytest.mark.parametrize("where", ["card", "gift_balance"])
def test_a_cheaper_variant_gives_the_difference_back(where: str) -> None:
    order = placed(items={"CHAIR-GR": 2})
    effect = done(living.answer(facts(order), edit(order, "1", "CHAIR-BE", -1000, where)))
    assert effect.order.tenders[0].refunded == yen(1000)
    assert effect.movements == (Movement(tender_ref="1", way=Way.REFUND, method_ref=where, amount=1000),)


def test_the_methods_own_tenders_give_first() -> None:
    order = placed((Pay(TenderKind.GIFT_BALANCE, 300), CARD), {"CHAIR-GR": 2})
    effect = done(living.answer(facts(order), edit(order, "1", "CHAIR-BE", -1000, "gift_balance")))
    assert [t.refunded for t in effect.order.tenders] == [yen(300), yen(700)]
    assert {one.method_ref for one in effect.movements} == {"gift_balance"}


def test_points_do_not_become_money_on_a_card() -> None:
    order = placed((Pay(TenderKind.POINTS, 11900), CARD), {"CHAIR-GR": 2})
    assert living.answer(facts(order), edit(order, "1", "CHAIR-BE", -1000)) is Failure.METHOD_UNKNOWN


def test_what_is_still_to_be_paid_becomes_more() -> None:
    order = placed((KONBINI_UNPAID,))
    effect = done(living.answer(facts(order), edit(order, "1", "TOWEL-BL", 1320, "konbini")))
    assert (effect.order.tenders[0].amount, effect.movements) == (order.total + yen(1320), ())


@pytest.mark.parametrize(
    ("line", "sku", "difference", "pay_with", "failure"),
    [
        ("1", "TOWEL-BE", 0, "card", Failure.INVALID),  # the same again
        ("9", "TOWEL-BL", 1320, "card", Failure.INVALID),
        ("1", "CHAIR-BE", 0, "card", Failure.INVALID),  # another product
        ("1", "TOWEL-XX", 0, "card", Failure.INVALID),
        ("1", "TOWEL-BL", 1319, "card", Failure.PRICE_CHANGED),
        ("1", "TOWEL-BL", 1320, "paypal", Failure.METHOD_UNKNOWN),
        ("1", "TOWEL-BL", 1320, "points", Failure.INSUFFICIENT),
    ],
)
def test_edits_that_are_refused(line: str, sku: str, difference: int, pay_with: str, failure: Failure) -> None:
    order = placed()
    assert living.answer(facts(order, points=1319), edit(order, line, sku, difference, pay_with)) is failure


def test_no_more_than_there_is_in_stock() -> None:
    towels = PRODUCTS["TOWEL"]
    few = replace(towels, variants=tuple(replace(variant, stock=2) for variant in towels.variants))
    order = placed()
    known = replace(facts(order), products={"TOWEL": few})
    assert living.answer(known, edit(order, "1", "TOWEL-BL", 1320)) is Failure.UNAVAILABLE


def test_a_line_of_which_a_part_was_cancelled_stays() -> None:
    order = done(cancel(placed(), {"1": 1})).order
    assert living.answer(facts(order), edit(order, "1", "TOWEL-BL", 880)) is Failure.INVALID


# -- payment


def test_another_method_pays_and_the_first_gets_its_money_back() -> None:
    order = placed()
    effect = done(living.answer(facts(order, gift=20000), payment(order, "gift_balance")))
    assert [(t.captured, t.refunded) for t in effect.order.tenders] == [
        (order.total, order.total),
        (order.total, yen(0)),
    ]
    assert [(one.way, one.method_ref, one.amount) for one in effect.movements] == [
        (Way.PAYMENT, "gift_balance", order.total.amount),
        (Way.REFUND, "card", order.total.amount),
    ]


@pytest.mark.parametrize("pay", [KONBINI_UNPAID, COD])
def test_what_was_to_be_paid_by_hand_is_paid_by_card(pay: Pay) -> None:
    order = placed((pay,))
    effect = done(living.answer(facts(order), payment(order, "card")))
    assert effect.order.state is OrderState.PAID
    assert [(t.amount, t.captured, t.pay_by) for t in effect.order.tenders] == [
        (yen(0), yen(0), None),
        (order.total, order.total, None),
    ]


@pytest.mark.parametrize(
    ("pay", "ref", "failure"),
    [
        ((CARD,), "card", Failure.INVALID),
        ((CARD,), "konbini", Failure.METHOD_UNKNOWN),
        ((CARD,), "gift_balance", Failure.INSUFFICIENT),
        ((KONBINI,), "card", Failure.INVALID),  # paid in cash: it cannot go back there
        ((Pay(TenderKind.POINTS, 100), CARD), "gift_balance", Failure.INVALID),
    ],
)
def test_payments_that_stay(pay: tuple[Pay, ...], ref: str, failure: Failure) -> None:
    order = placed(pay)
    assert living.answer(facts(order, gift=order.total.amount - 1), payment(order, ref)) is failure


# -- presents and coupons


def test_a_present_has_its_wrapping() -> None:
    order = placed()
    options = GiftOptions(wrapping=True, message="お誕生日おめでとう", noshi="内祝", noshi_name="佐藤")
    effect = done(living.answer(facts(order), as_present(order, options)))
    after = effect.order
    assert (after.is_gift, after.gift, after.gift_fee, after.total) == (True, options, WRAPPING, order.total + WRAPPING)
    assert effect.movements == (Movement(tender_ref="2", way=Way.PAYMENT, method_ref="card", amount=330),)


def test_what_is_not_wrapped_any_more_gives_the_fee_back() -> None:
    order = done(living.answer(facts(placed()), as_present(placed()))).order
    effect = done(living.answer(facts(order), as_present(order, GiftOptions(message="おめでとう"), -330)))
    assert (effect.order.gift_fee, effect.order.total) == (None, placed().total)
    assert [one.amount for one in effect.movements if one.way is Way.REFUND] == [330]


def test_a_card_alone_costs_nothing() -> None:
    order = placed()
    effect = done(living.answer(facts(order), as_present(order, GiftOptions(message="おめでとう"), 0)))
    assert (effect.order.total, effect.movements) == (order.total, ())


def test_wrapping_has_its_price() -> None:
    order = placed()
    assert living.answer(facts(order), as_present(order, difference=0)) is Failure.PRICE_CHANGED
    assert living.answer(replace(facts(order), wrapping=None), as_present(order)) is Failure.INVALID


def test_of_a_partly_shipped_order_what_waits_can_be_another_variant() -> None:
    order = told(MISAKI, Story.PARTLY_SHIPPED)
    assert word(living.answer(facts(order), edit(order, "2", "POT-NV", 0))) == DONE
    assert word(living.answer(facts(order), edit(order, "1", "PAN-1", 0))) == "too_late"


def test_a_coupon_takes_its_value_off_the_lines_and_gives_it_back() -> None:
    order = placed()
    effect = done(living.answer(facts(order), ApplyCoupon(order.ref, 1, "GOOD")))
    assert [line.total for line in effect.order.lines] == [yen(11880 - 422), yen(2200 - 78)]
    assert [line.tax for line in effect.order.lines] == [yen(1042), yen(193)]
    assert (effect.order.total, effect.order.coupon) == (order.total - yen(500), "GOOD")
    assert effect.movements == (Movement(tender_ref="1", way=Way.REFUND, method_ref="card", amount=500),)
    again = replace(facts(effect.order), order=effect.order)
    assert living.answer(again, ApplyCoupon(order.ref, 1, "GOOD")) is Failure.INVALID


def test_a_coupon_where_we_refund_ourselves() -> None:
    order = placed()
    effect = done(living.answer(facts(order, refunds=False), ApplyCoupon(order.ref, 1, "GOOD")))
    assert (effect.order.tenders, effect.movements) == (order.tenders, ())
    unpaid = placed((KONBINI_UNPAID,))
    lowered = done(living.answer(facts(unpaid, refunds=False), ApplyCoupon(order.ref, 1, "GOOD")))
    assert lowered.order.tenders[0].amount == unpaid.total - yen(500)


@pytest.mark.parametrize(
    ("items", "code", "failure"),
    [
        ({"TOWEL-BE": 1}, "OVER", Failure.COUPON_INVALID),
        ({"TOWEL-BE": 1}, "USED", Failure.COUPON_INVALID),
        ({"TOWEL-BE": 1}, "NONE", Failure.COUPON_INVALID),
        ({"LOTION-1": 1}, "GOOD", Failure.COUPON_MINIMUM),
    ],
)
def test_coupons_that_are_refused(items: dict[str, int], code: str, failure: Failure) -> None:
    order = placed(items=items)
    assert living.answer(facts(order), ApplyCoupon(order.ref, 1, code)) is failure


# -- refunds that we book


@pytest.mark.parametrize(
    ("pay", "where", "method_ref"),
    [
        (CARD, RefundTo.ORIGINAL, "card"),
        (POINTS, RefundTo.ORIGINAL, "points"),
        (KONBINI, RefundTo.GIFT_BALANCE, "gift_balance"),
        (KONBINI, RefundTo.BANK, "bank"),
        (CARD, RefundTo.CREDIT, "store_credit"),
    ],
)
def test_where_a_refund_goes(pay: Pay, where: RefundTo, method_ref: str) -> None:
    order = placed((pay,))
    effect = done(living.answer(facts(order), back(order, 700, where)))
    assert effect.order.tenders[0].refunded == yen(700)
    assert effect.movements == (Movement(tender_ref="1", way=Way.REFUND, method_ref=method_ref, amount=700),)


def test_a_refund_follows_a_cancellation_that_moved_no_money() -> None:
    order = placed()
    cancelled = done(living.answer(facts(order, refunds=False), Cancel(order.ref, 1, None, "other"))).order
    after = done(living.answer(facts(cancelled), back(order, order.total.amount))).order
    assert money.room(after.tenders[0]) == 0
    assert living.answer(facts(after), back(order, 1)) is Failure.INVALID


@pytest.mark.parametrize(
    ("pay", "refund"),
    [
        (CARD, Refund("", "1", yen(0), RefundTo.ORIGINAL)),
        (CARD, Refund("", "1", yen(-1), RefundTo.ORIGINAL)),
        (CARD, Refund("", "1", yen(14081), RefundTo.ORIGINAL)),
        (CARD, Refund("", "1", Money(100, "USD"), RefundTo.ORIGINAL)),
        (CARD, Refund("", "2", yen(100), RefundTo.ORIGINAL)),
        (COD, Refund("", "1", yen(100), RefundTo.GIFT_BALANCE)),  # nothing captured yet
        (KONBINI, Refund("", "1", yen(100), RefundTo.ORIGINAL)),
        (Pay(TenderKind.GIFT_BALANCE), Refund("", "1", yen(100), RefundTo.BANK)),
    ],
)
def test_refunds_that_are_refused(pay: Pay, refund: Refund) -> None:
    assert living.answer(facts(placed((pay,))), refund) is Failure.INVALID


def test_a_paid_order_owes_what_its_units_cost() -> None:
    for order in NAMED.values():
        if order.state is not OrderState.CANCELLED:
            assert money.due(order) == order.total.amount == total([t.amount for t in order.tenders], "JPY").amount
    assert money.due(told(YOKO, Story.CANCELLED)) == 0

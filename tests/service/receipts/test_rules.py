"""What a document's rows say: they add up to the money that was really taken or given back, tax is rounded once."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.shop.port import Address, OrderLine, OrderState, StoreOrder
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.names import salutation, seal
from madoguchi.service.receipts.rules import (
    Item,
    Kind,
    Paid,
    RatePart,
    Returned,
    Sale,
    by_rate,
    rate_of,
    rows,
)

RATES = (8, 10)
AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
HOME = Address(name="佐藤 美咲", lines=("1-2-3",), city="杉並区", region="東京都", postal_code="1660001", country="JP")


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def line(ref: str, amount: int, rate: int, quantity: int = 1) -> OrderLine:
    return OrderLine(
        ref=ref,
        sku=ref,
        product_ref=ref,
        name=f"品 {ref}",
        quantity=quantity,
        unit_price=yen(amount // quantity),
        total=yen(amount),
        tax=yen(amount * rate // (100 + rate)),
    )


def sale(
    lines: list[OrderLine],
    *,
    taken: int | None = None,
    back: int = 0,
    shipping: int = 0,
    fees: int = 0,
    gone: Mapping[str, tuple[int, int]] | None = None,
) -> Sale:
    """What was sold; `gone` is by line how many units were cancelled, and how many refunded."""
    whole = sum(one.total.amount for one in lines) + shipping + fees
    order = StoreOrder(
        ref="MD-1",
        version=1,
        customer_ref="CU-1",
        state=OrderState.DELIVERED,
        status_text="delivered",
        placed_at=AT,
        currency="JPY",
        lines=tuple(lines),
        tenders=(),
        shipping_fee=yen(shipping),
        total=yen(whole),
        address=HOME,
    )
    units = {
        one.ref: LineUnits(
            line_ref=one.ref,
            ordered=one.quantity,
            cancelling=0,
            cancelled=(gone or {}).get(one.ref, (0, 0))[0],
            return_open=0,
            returned=0,
            kept=0,
            refunded=(gone or {}).get(one.ref, (0, 0))[1],
        )
        for one in lines
    }
    return Sale(
        order=order,
        units=units,
        paid=(Paid("Visa ···· 4242", yen(whole if taken is None else taken)),),
        returns=(Returned(AT, yen(back)),) if back else (),
    )


def told(kind: Kind, of: Sale) -> list[tuple[str, int, int, int]]:
    return [
        (item.name if isinstance(item.name, str) else item.name.key, item.quantity, item.amount.amount, item.rate)
        for item in rows(kind, of, RATES)
    ]


def test_tax_is_rounded_once_per_rate() -> None:
    items = [Item("茶", 1, yen(111), 8) for _ in range(3)] + [Item("皿", 1, yen(667), 10)]
    assert by_rate(items) == (RatePart(8, yen(333), yen(24)), RatePart(10, yen(667), yen(60)))


@pytest.mark.parametrize(("rate", "expected"), [(8, 8), (10, 10), (0, 0)])
def test_the_rate_of_a_line_is_that_of_its_tax(rate: int, expected: int) -> None:
    assert rate_of(line("1", 1_080, rate), RATES) == expected


def test_goods_and_fees_are_listed() -> None:
    of = sale([line("1", 1_080, 8, 2), line("2", 3_300, 10)], shipping=550, fees=330)
    assert told(Kind.RECEIPT, of) == [
        ("品 1", 2, 1_080, 8),
        ("品 2", 1, 3_300, 10),
        ("receipts.shipping", 1, 550, 10),
        ("receipts.fees", 1, 330, 10),
    ]


def test_what_was_never_taken_is_of_what_was_cancelled() -> None:
    of = sale([line("1", 1_000, 8), line("2", 1_000, 10)], taken=1_500, back=500, gone={"1": (1, 1)})
    assert told(Kind.RECEIPT, of)[-1] == ("receipts.adjusted", 1, -500, 8)
    assert [(part.rate, part.amount.amount) for part in by_rate(rows(Kind.RECEIPT, of, RATES))] == [
        (8, 500),
        (10, 1_000),
    ]
    assert told(Kind.CREDIT_NOTE, of) == [("品 1", 1, 500, 8)]


def test_a_credit_note_lists_what_came_back() -> None:
    of = sale([line("1", 2_160, 8, 2), line("2", 3_300, 10)], shipping=550, back=1_630, gone={"1": (0, 1)})
    assert told(Kind.CREDIT_NOTE, of) == [("品 1", 1, 1_080, 8), ("receipts.fees", 1, 550, 10)]


def test_a_part_of_a_price_comes_back_at_its_own_rate() -> None:
    of = sale([line("1", 1_000, 8)], shipping=550, back=500, gone={"1": (0, 1)})
    assert told(Kind.CREDIT_NOTE, of) == [("品 1", 1, 500, 8)]


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    counts = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    lines = [
        line(str(at), draw(st.integers(1, 30_000)), draw(st.sampled_from([0, *RATES])), count)
        for at, count in enumerate(counts)
    ]
    gone = {one.ref: (draw(st.integers(0, one.quantity)), draw(st.integers(0, one.quantity))) for one in lines}
    taken = draw(st.integers(1, 100_000))
    return sale(
        lines,
        taken=taken,
        back=draw(st.integers(0, taken)),
        shipping=draw(st.integers(0, 900)),
        fees=draw(st.integers(0, 900)),
        gone=gone,
    )


@given(of=sales(), kind=st.sampled_from(Kind))
def test_rows_add_up_to_the_money(of: Sale, kind: Kind) -> None:
    found = rows(kind, of, RATES)
    whole = of.received if kind is Kind.RECEIPT else of.returned
    assert total([item.amount for item in found], "JPY") == whole
    parts = by_rate(found)
    assert total([part.amount for part in parts], "JPY") == whole
    assert all(part.tax.amount == part.amount.amount * part.rate // (100 + part.rate) for part in parts)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("佐藤 美咲", "receipts.to"),
        ("株式会社窓口", "receipts.to.company"),
        ("（株）窓口 経理部", "receipts.to.company"),
        ("Madoguchi Inc.", "receipts.to.company"),
        ("주식회사 창구", "receipts.to.company"),
        ("窓口商店 御中", "receipts.to.as_written"),
        ("佐藤様", "receipts.to.as_written"),
        ("Colin", "receipts.to"),
    ],
)
def test_people_and_companies_are_addressed_as_such(name: str, key: str) -> None:
    assert salutation(name) == key


@pytest.mark.parametrize(
    ("issuer", "marks"), [("マドグチ商店", "マドグチ商店之印"), ("Retail", ""), ("とても長い名前の会社", "")]
)
def test_a_seal_holds_short_names(issuer: str, marks: str) -> None:
    assert seal(issuer) == marks

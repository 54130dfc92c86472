"""What people type and programs send, against the fields that asked for it."""

from typing import Any

import msgspec
import pytest

from madoguchi.core.actions.addresses import prefectures
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.reading import problems, read
from madoguchi.core.actions.rules import Refusal
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, from_major

GONE = Refusal("cancel_shipped", {}, ("return.start",))
REASON = Field(
    name="reason",
    kind=FieldKind.CHOICE,
    options=(
        FieldOption(value="late", label="Late"),
        FieldOption(value="other", label="Other"),
        FieldOption(value="gone", label="Gone", refusal=GONE),
    ),
)
PARTS = Field(name="parts", kind=FieldKind.CHOICES, options=REASON.options)
LINES = Field(
    name="lines",
    kind=FieldKind.UNITS,
    options=(
        FieldOption(value="1", label="Kettle", limit=3),
        FieldOption(value="2", label="Cup", limit=1),
        FieldOption(value="3", label="Plate", refusal=GONE),
    ),
)
RED = FieldOption(value="KT-RED", label="Red", amount=Money(200, "JPY"))
SOLD_OUT = FieldOption(value="KT-BLUE", label="Blue", refusal=Refusal("units_taken"))
ITEMS = Field(
    name="items", kind=FieldKind.SWAPS, options=(FieldOption(value="1", label="Kettle", options=(RED, SOLD_OUT)),)
)
NAME = Field(name="name", kind=FieldKind.TEXT, limit=5)
NOTE = Field(name="note", kind=FieldKind.NOTE, required=False, limit=20)
YEN = Field(name="amount", kind=FieldKind.MONEY, most=Money(5000, "JPY"))
DOLLARS = Field(name="amount", kind=FieldKind.MONEY, most=Money(5000, "USD"))
PHOTOS = Field(name="photos", kind=FieldKind.PHOTOS, options=PARTS.options, limit=1, unknown="photo_unknown")
ADDRESS = Field(name="address", kind=FieldKind.ADDRESS)
BANK = Field(name="bank", kind=FieldKind.BANK)

TYPED = {
    "name": "佐藤　美咲",
    "kana": "さとう　みさき",
    "postal_code": "〒１５０－０００１",
    "region": "東京都",
    "city": "渋谷区",
    "lines": ["神宮前１−２−３", "", "窓口ビル 4F"],
    "country": "jp",
    "phone": "０９０ー１２３４ー５６７８",
}
ACCOUNT = {
    "bank": "みずほ銀行",
    "branch": "渋谷支店",
    "kind": "ordinary",
    "number": "１２３４５",
    "holder": "さとうﾐｻｷ",
}


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (REASON, "late", "late"),
        (REASON, " ＬＡＴＥ ", "late"),
        (PARTS, ["other", "late", "other"], ["other", "late"]),
        (LINES, {"1": 2}, {"1": 2}),
        (LINES, {"1": "３", "2": "0", "3": 0}, {"1": 3}),
        (ITEMS, {"1": "KT-RED"}, {"1": "KT-RED"}),
        (ITEMS, {"1": "ｋｔ－red"}, {"1": "KT-RED"}),
        (PHOTOS, ["late", "late"], ["late"]),
        (NAME, "  会社\u200f  様 ", "会社 様"),
        (NOTE, "one\r\ntwo\x00", "one\ntwo"),
        (NOTE, "", None),
        (NOTE, "4242424242424242", "**** **** **** 4242"),
        (YEN, "１，２００円", {"amount": 1200, "currency": "JPY"}),
        (YEN, {"amount": 5000, "currency": "JPY"}, {"amount": 5000, "currency": "JPY"}),
        (DOLLARS, "$12.5", {"amount": 1250, "currency": "USD"}),
        (DOLLARS, "12.34 USD", {"amount": 1234, "currency": "USD"}),
        (BANK, ACCOUNT, ACCOUNT | {"number": "0012345", "holder": "サトウミサキ"}),
    ],
    ids=str,
)
def test_what_can_be_understood_is(field: Field, raw: Any, value: Any) -> None:
    assert read([field], {field.name: raw}).get(field.name) == value


@pytest.mark.parametrize(
    ("field", "raw", "code", "where"),
    [
        (REASON, None, "field_missing", "reason"),
        (REASON, "", "field_missing", "reason"),
        (REASON, "because", "field_unknown", "reason"),
        (REASON, ["late"], "field_unknown", "reason"),
        (REASON, "gone", "cancel_shipped", "reason"),
        (PARTS, "late", "field_invalid", "parts"),
        (PARTS, ["late", "nonsense"], "field_unknown", "parts"),
        (PARTS, [], "field_missing", "parts"),
        (LINES, {}, "no_lines", "lines"),
        (LINES, {"1": 0}, "no_lines", "lines"),
        (LINES, {"9": 1}, "unknown_line", "lines"),
        (LINES, {"1": 4}, "wrong_quantity", "lines"),
        (LINES, {"1": -1}, "wrong_quantity", "lines"),
        (LINES, {"1": 10**30}, "wrong_quantity", "lines"),
        (LINES, {"1": "9" * 10_000}, "wrong_quantity", "lines"),
        (LINES, {"1": float("nan")}, "wrong_quantity", "lines"),
        (LINES, {"1": 1.0}, "wrong_quantity", "lines"),
        (LINES, {"1": True}, "wrong_quantity", "lines"),
        (LINES, {"1": "two"}, "wrong_quantity", "lines"),
        (LINES, {"3": 1}, "cancel_shipped", "lines"),
        (LINES, [1], "field_invalid", "lines"),
        (ITEMS, {"1": ""}, "field_missing", "items"),
        (ITEMS, {"2": "KT-RED"}, "unknown_line", "items"),
        (ITEMS, {"1": "KT-GREEN"}, "field_unknown", "items"),
        (ITEMS, {"1": "KT-BLUE"}, "units_taken", "items"),
        (PHOTOS, [], "photo_missing", "photos"),
        (PHOTOS, "late", "field_invalid", "photos"),
        (PHOTOS, ["nobody's"], "photo_unknown", "photos"),
        (PHOTOS, [["late"]], "photo_unknown", "photos"),
        (PHOTOS, ["late", "other"], "too_many_photos", "photos"),
        (NAME, "六文字です。", "field_too_long", "name"),
        (NAME, 7, "field_invalid", "name"),
        (NOTE, "x" * 21, "field_too_long", "note"),
        (YEN, "5001", "field_amount", "amount"),
        (YEN, "0", "field_amount", "amount"),
        (YEN, "-1", "field_amount", "amount"),
        (YEN, "12.5", "field_amount", "amount"),
        (YEN, "NaN", "field_amount", "amount"),
        (YEN, float("inf"), "field_amount", "amount"),
        (YEN, {"amount": 5, "currency": "USD"}, "field_amount", "amount"),
        (YEN, {"amount": 5.0, "currency": "JPY"}, "field_amount", "amount"),
        (DOLLARS, "1.234", "field_amount", "amount"),
        (ADDRESS, "Tokyo", "field_invalid", "address"),
        (ADDRESS, TYPED | {"planet": "Mars"}, "field_invalid", "address"),
        (ADDRESS, TYPED | {"name": " "}, "field_missing", "address.name"),
        (ADDRESS, TYPED | {"city": "x" * 101}, "field_too_long", "address.city"),
        (ADDRESS, TYPED | {"postal_code": "150-001"}, "postal_code", "address.postal_code"),
        (ADDRESS, TYPED | {"region": "江戸"}, "region_unknown", "address.region"),
        (ADDRESS, TYPED | {"lines": []}, "field_missing", "address.lines"),
        (ADDRESS, TYPED | {"lines": ["", "4F"]}, "field_missing", "address.lines"),
        (ADDRESS, TYPED | {"lines": ["x"] * 5}, "field_invalid", "address.lines"),
        (ADDRESS, TYPED | {"phone": "電話なし"}, "phone_number", "address.phone"),
        (ADDRESS, TYPED | {"kana": "佐藤"}, "kana", "address.kana"),
        (ADDRESS, TYPED | {"country": "Japan"}, "field_invalid", "address.country"),
        (BANK, ACCOUNT | {"kind": "secret"}, "field_unknown", "bank.kind"),
        (BANK, ACCOUNT | {"number": "12345678"}, "account_number", "bank.number"),
        (BANK, ACCOUNT | {"holder": "佐藤"}, "kana", "bank.holder"),
        (BANK, ACCOUNT | {"holder": ""}, "field_missing", "bank.holder"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_rest_is_refused_where_it_stands(field: Field, raw: Any, code: str, where: str) -> None:
    with pytest.raises(Refused) as refused:
        read([field], {field.name: raw})
    assert (refused.value.code, refused.value.parameters["field"]) == (code, where)


def test_an_option_refuses_with_its_own_reason_and_way_out() -> None:
    with pytest.raises(Refused) as refused:
        read([LINES], {"lines": {"3": 1}})
    assert refused.value.parameters["alternatives"] == ("return.start",)


def test_a_japanese_address_is_made_regular() -> None:
    assert read([ADDRESS], {"address": TYPED})["address"] == {
        "name": "佐藤 美咲",
        "kana": "サトウ ミサキ",
        "postal_code": "150-0001",
        "region": "東京都",
        "city": "渋谷区",
        "lines": ["神宮前１−２−３", "窓口ビル 4F"],
        "country": "JP",
        "phone": "090-1234-5678",
    }


def test_all_that_is_wrong_with_an_address_is_told() -> None:
    wrong = TYPED | {"name": "", "postal_code": "1", "region": "", "lines": [""]}
    found = problems([REASON, ADDRESS], {"reason": "late", "address": wrong})
    assert [one.parameters["field"].partition(".")[2] for one in found] == ["name", "postal_code", "region", "lines"]


def test_a_prefecture_may_be_named_in_any_of_our_languages() -> None:
    for region, names in prefectures().items():
        for name in names.values():
            assert read([ADDRESS], {"address": TYPED | {"region": name}})["address"]["region"] == region


def test_who_lives_there_need_not_be_said_again() -> None:
    known = Field(name="address", kind=FieldKind.ADDRESS, default=TYPED | {"country": "US", "postal_code": "00000"})
    there = {"postal_code": "94107", "region": "CA", "city": "San Francisco", "lines": ["1 Main St"]}
    found = read([known], {"address": there})["address"]
    assert (found["name"], found["country"], found["postal_code"]) == ("佐藤 美咲", "US", "94107")
    with pytest.raises(Refused) as refused:
        read([known], {"address": there | {"postal_code": ""}})
    assert refused.value.parameters["field"] == "address.postal_code"


def test_a_field_may_refuse_in_words_of_its_own() -> None:
    method = Field(name="method_ref", kind=FieldKind.CHOICE, options=REASON.options, unknown="unknown_line")
    with pytest.raises(Refused) as refused:
        read([method], {"method_ref": "nobody's"})
    assert refused.value.code == "unknown_line"


def test_elsewhere_an_address_must_be_complete() -> None:
    there = TYPED | {"country": "US", "postal_code": "94107", "region": "CA", "city": "San Francisco", "kana": ""}
    found = read([ADDRESS], {"address": there})["address"]
    assert (found["postal_code"], found["region"], found["country"]) == ("94107", "CA", "US")


def test_the_default_counts_for_a_required_field_that_was_not_given() -> None:
    whole = Field(name="lines", kind=FieldKind.UNITS, options=LINES.options, default={"1": 3, "2": 1})
    assert read([whole], {}) == {"lines": {"1": 3, "2": 1}}
    with pytest.raises(Refused):
        read([whole], {"lines": {}})
    hint = Field(name="note", kind=FieldKind.NOTE, required=False, default="as always")
    assert read([hint], {}) == {}


# -- amounts: a name of the field's own currency may stand beside the figures, none of another

NAMES = {
    "JPY": ("¥", "￥", "円", "yen", "Yen", "JPY", "ＪＰＹ", "日元", "엔"),
    "USD": ("$", "＄", "US$", "dollars", "USD", "ｕｓｄ", "ドル", "美元", "달러"),
    "EUR": ("€", "euro", "EUR"),
    "GBP": ("£", "pounds", "GBP"),
    "CNY": ("¥", "￥", "元", "yuan", "CNY"),
    "KRW": ("₩", "￦", "원", "won", "KRW"),
}
PLACES = ("{name}{figures}", "{name} {figures}", "{figures}{name}", "{figures}　{name}")


def _money(currency: str) -> Field:
    return Field(name="amount", kind=FieldKind.MONEY, most=Money(10_000_000_000_000, currency))


def _understood(currency: str, raw: str) -> bool:
    field = _money(currency)
    if [refused.code for refused in problems([field], {"amount": raw})] == ["field_amount"]:
        return False
    assert read([field], {"amount": raw})["amount"] == msgspec.to_builtins(from_major("5480", currency))
    return True


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("figures", ["5480", "5,480", "５４８０", "５，４８０"])
@pytest.mark.parametrize("currency", NAMES)
def test_an_amount_is_of_its_own_currency_or_is_not_understood(currency: str, figures: str, place: str) -> None:
    for name in {name for names in NAMES.values() for name in names} | {"CHF", "XYZ", "₫", "ltd", "-", "+", "約"}:
        raw = place.format(name=name, figures=figures)
        assert _understood(currency, raw) is (name in NAMES[currency]), raw


@pytest.mark.parametrize(
    "figures",
    ["5,48,0", "54,80", "5480,", ",5480", "5,,480", "5480,000,000,000", "5 480", "5,480,0", "5.480,00", "5480.", ".5"],
)
def test_figures_come_in_groups_of_three(figures: str) -> None:
    assert not _understood("JPY", figures)

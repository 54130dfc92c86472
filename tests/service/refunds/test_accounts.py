"""口座名義カナ however it is typed, as transfer files want it."""

import pytest

from madoguchi.core.actions.fields import BankAccount
from madoguchi.kit.errors import Refused
from madoguchi.service.refunds.accounts import holder_kana, masked, normalised


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("サトウ ミサキ", "ｻﾄｳ ﾐｻｷ"),
        ("さとう　みさき", "ｻﾄｳ ﾐｻｷ"),
        ("ｻﾄｳ ﾐｻｷ", "ｻﾄｳ ﾐｻｷ"),
        ("ワタナベ　ジュンヤ", "ﾜﾀﾅﾍﾞ ｼﾞﾕﾝﾔ"),
        ("パク　ミンジュン", "ﾊﾟｸ ﾐﾝｼﾞﾕﾝ"),
        ("ローランド", "ﾛ-ﾗﾝﾄﾞ"),
        ("ヤマダショウテン（カ", "ﾔﾏﾀﾞｼﾖｳﾃﾝ(ｶ"),
        ("yamada taro", "YAMADA TARO"),
        ("ヴァン・ゴッホ", "ｳﾞｱﾝ.ｺﾞﾂﾎ"),
        ("  サトウ   ミサキ ", "ｻﾄｳ ﾐｻｷ"),
    ],
)
def test_the_holder_as_banks_write_it(typed: str, written: str) -> None:
    assert holder_kana(typed) == written
    assert holder_kana(written) == written


@pytest.mark.parametrize("typed", ["", "  ", "佐藤美咲", "ｻﾄｳ;DROP", "サトウ\nミサキ=1", "あ" * 41, "=SUM(A1)"])
def test_what_is_no_reading_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="bank_holder"):
        holder_kana(typed)


def test_numbers_are_plain_and_padded() -> None:
    given = BankAccount(bank=" みずほ　銀行", branch="１２３", kind="ordinary", number="１２-３４５", holder="サトウ")
    assert normalised(given) == BankAccount(
        bank="みずほ 銀行", branch="123", kind="ordinary", number="0012345", holder="ｻﾄｳ"
    )
    assert masked(normalised(given)) == "みずほ 銀行 123 ****345"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("number", "12345678", "bank_number"),
        ("number", "abc", "bank_number"),
        ("number", "", "bank_number"),
        ("kind", "gold", "bank_kind"),
        ("bank", "", "bank_name"),
        ("bank", "=1+1", "bank_name"),
        ("branch", "　", "bank_branch"),
    ],
)
def test_wrong_fields_are_named(field: str, value: str, code: str) -> None:
    good = {"bank": "0001", "branch": "123", "kind": "ordinary", "number": "1234567", "holder": "ｻﾄｳ"}
    with pytest.raises(Refused, match=code):
        normalised(BankAccount(**good | {field: value}))

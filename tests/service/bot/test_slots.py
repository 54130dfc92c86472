import pytest

from madoguchi.service.bot.answers import LAST
from madoguchi.service.bot.normal import normal
from madoguchi.service.bot.slots import Slots, read_slots, without_slots


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("MD-12345678", ["MD-12345678"]),
        ("md12345678", ["MD-12345678"]),
        ("MD-1234-5678", ["MD-12345678"]),
        ("MD 1234 5678", ["MD-12345678"]),
        ("12345678", ["MD-12345678"]),
        ("1234-5678", ["MD-12345678"]),
        ("ＭＤ－１２３４５６７８をキャンセル", ["MD-12345678"]),
        ("MDー12345678です", ["MD-12345678"]),
        ("注文番号12345678の件", ["MD-12345678"]),
        ("order no.12345678.", ["MD-12345678"]),
        ("订单号：12345678", ["MD-12345678"]),
        ("주문번호 MD-12345678이에요", ["MD-12345678"]),
        ("#W1234567", ["#W1234567"]),
        ("＃Ｗ１２３４５６７", ["#W1234567"]),
        ("w1234567 please", ["#W1234567"]),
        ("my order is # w1234567, thanks", ["#W1234567"]),
        ("#1234567", ["#W1234567"]),
        ("MD-12345678とMD-87654321", ["MD-12345678", "MD-87654321"]),
        ("MD-12345678, again MD-12345678", ["MD-12345678"]),
        ("1234567", []),
        ("123456789", []),
        ("090-1234-5678", []),
        ("03-1234-5678", []),
        ("+8112345678", []),
        ("2026-03-03", []),
        ("4111 1111 1111 1111", []),
        ("4111-1111-1111-1111", []),
        ("12,345,678円", []),
        ("sato.12345678@example.com", []),
        ("model CMD12345678X", []),
        ("", []),
    ],
)
def test_order_numbers(text: str, numbers: list[str]) -> None:
    assert read_slots(text).order_numbers == tuple(numbers)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("sato@example.co.jp", "sato@example.co.jp"),
        ("メールはＴａｒｏ.Ｓａｔｏ＠example.comです", "taro.sato@example.com"),
        ("write to a+b_c@mail.example.org, please", "a+b_c@mail.example.org"),
        ("メールアドレスを変えたい", None),
        ("@example.com", None),
        ("sato@localhost", None),
    ],
)
def test_email(text: str, email: str | None) -> None:
    assert read_slots(text).email == email


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("１２３４５６", "123456"),
        ("123 456", "123456"),
        ("123-456", "123456"),
        ("コードは048151です", "048151"),
        ("1234567", None),
        ("12345", None),
        ("〒123-4567", None),
        ("123,456円", None),
        ("MD-12345678", None),
        ("0312-345-678", None),
    ],
)
def test_code(text: str, code: str | None) -> None:
    assert read_slots(text).code == code


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("2", 2),
        ("２", 2),
        ("②", 2),
        ("2番", 2),
        ("2番でお願いします", 2),
        ("2番目", 2),
        ("２番目のやつ", 2),
        ("二番目の注文", 2),
        ("二つ目", 2),
        ("ふたつ目をキャンセル", 2),
        ("10番目", 10),
        ("一番上の", 1),
        ("最初の注文です", 1),
        ("一番下", LAST),
        ("最後のやつ", LAST),
        ("the second one", 2),
        ("2nd", 2),
        ("cancel the 3rd order", 3),
        ("option 3", 3),
        ("number two please", 2),
        ("#2", 2),
        ("the last one", LAST),
        ("第二个", 2),
        ("第2个", 2),
        ("第两个", 2),
        ("最后一个", LAST),
        ("두 번째", 2),
        ("2번째요", 2),
        ("3번", 3),
        ("첫번째 주문", 1),
        ("마지막 거요", LAST),
        ("一番安いのは", None),
        ("20個注文した", None),
        ("两个", None),
        ("a second opinion", None),
        ("#W1234567", None),
        ("order number 12345678", None),
        ("0番目", None),
        ("やっぱりキャンセルしたい", None),
    ],
)
def test_choice(text: str, choice: int | None) -> None:
    assert read_slots(text).choice == choice


def test_nothing_to_find() -> None:
    assert read_slots("まだ届かないんですけど") == Slots()


def test_what_is_left_says_the_wish() -> None:
    assert without_slots(normal("MD-12345678 をキャンセルしたい sato@example.com")) == "をキャンセルしたい"

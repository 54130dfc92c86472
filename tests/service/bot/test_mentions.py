"""Orders by what is in them, by when they were placed or came, and by money, in four languages."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from madoguchi.core.shop.port import Address, OrderLine, OrderState, Shipment, StoreOrder
from madoguchi.edge.stores.demo.catalogue import WARES
from madoguchi.kit.money import Money
from madoguchi.service.bot.days import Days, read_days
from madoguchi.service.bot.goods import fitting, named
from madoguchi.service.bot.mentions import read_mention, spoken_of
from madoguchi.service.bot.normal import normal

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=TOKYO)  # a Tuesday
HOME = Address(name="佐藤 美咲", lines=(), city="", region="", postal_code="", country="JP")


def _order(name: str, *, days: float, yen: int, came: float | None = None, **options: str) -> StoreOrder:
    price = Money(yen, "JPY")
    line = OrderLine(
        ref="1",
        sku="X",
        product_ref="X",
        name=name,
        options=options,
        quantity=1,
        unit_price=price,
        total=price,
        tax=Money(0, "JPY"),
    )
    parcel = Shipment(ref="P", lines={"1": 1}, carrier="", tracking_number="", delivered_at=None)
    if came is not None:
        parcel = Shipment(
            ref="P", lines={"1": 1}, carrier="", tracking_number="", delivered_at=NOW - timedelta(days=came)
        )
    return StoreOrder(
        ref=f"MD-{yen:08}",
        version=1,
        customer_ref="CU-1001",
        state=OrderState.PAID,
        status_text="",
        placed_at=NOW - timedelta(days=days),
        currency="JPY",
        lines=(line,),
        tenders=(),
        shipments=(parcel,),
        shipping_fee=Money(0, "JPY"),
        total=price,
        address=HOME,
    )


ORDERS = [
    _order("化粧水 200mL", days=0.1, yen=2200),
    _order("今治産バスタオル 2枚組", days=1, yen=3960, 色="ベージュ"),
    _order("電気ケトル 1.0L", days=5, yen=5480, came=1, 色="ホワイト"),
    _order("電気ケトル 1.0L", days=9, yen=5480, came=4, 色="ブラック"),
    _order("天然水 2L×9本", days=30, yen=3000, came=27),
]
LOTION, TOWEL, WHITE, BLACK, WATER = range(5)


@pytest.mark.parametrize(
    ("text", "lang", "meant"),
    [
        ("タオルの注文をキャンセルして", "ja", [TOWEL]),
        ("ﾀｵﾙのやつ", "ja", [TOWEL]),
        ("たおるを取り消したい", "ja", [TOWEL]),
        ("手ぬぐいじゃなくてバスタオルの方", "ja", [TOWEL]),
        ("cancel the towels please", "en", [TOWEL]),
        ("取消毛巾那单", "zh", [TOWEL]),
        ("수건 주문 취소해 주세요", "ko", [TOWEL]),
        ("化粧水", "ja", [LOTION]),
        ("水の注文", "ja", [WATER]),
        ("my bottled water", "en", [WATER]),
        ("やかんを返したい", "ja", [WHITE, BLACK]),
        ("黒い薬缶を返したい", "ja", [BLACK]),
        ("the white kettle", "en", [WHITE]),
        ("白色的水壶", "zh", [WHITE]),
        ("검은 주전자", "ko", [BLACK]),
        ("白いのが好き", "ja", []),
        ("注文をキャンセルしたい", "ja", []),
        ("昨日の注文をキャンセルしたい", "ja", [TOWEL]),
        ("I ordered it yesterday", "en", [TOWEL]),
        ("昨天买的东西", "zh", [TOWEL]),
        ("어제 주문한 거", "ko", [TOWEL]),
        ("昨日届いた荷物が壊れていた", "ja", [WHITE]),
        ("it was delivered yesterday and it is broken", "en", [WHITE]),
        ("昨日届く予定だった注文が来ない", "ja", []),
        ("昨日電話しました", "ja", []),
        ("2月26日に注文した", "ja", [WHITE]),
        ("最後の注文", "ja", [LOTION]),
        ("cancel my last order", "en", [LOTION]),
        ("取消我最近的订单", "zh", [LOTION]),
        ("방금 주문한 거 취소", "ko", [LOTION]),
        ("3000円の注文", "ja", [WATER]),
        ("３，９６０円のやつ", "ja", [TOWEL]),
        ("the one for 5,480 yen", "en", [WHITE, BLACK]),
        ("4000円くらいの注文", "ja", [TOWEL]),
        ("5480円の白いケトル", "ja", [WHITE]),
        ("一番新しいケトル", "ja", [WHITE]),
        ("9999円の注文", "ja", []),
        ("5万円を返金してください", "ja", []),
    ],
)
def test_what_is_meant(text: str, lang: str, meant: list[int]) -> None:
    mention = read_mention(text, lang, NOW.date(), asked=False)
    assert spoken_of(mention, ORDERS, TOKYO) == meant


@pytest.mark.parametrize(("text", "lang"), [("昨日のやつです", "ja"), ("yesterday's", "en"), ("昨天的", "zh")])
def test_a_day_is_enough_where_it_was_asked_which(text: str, lang: str) -> None:
    assert spoken_of(read_mention(text, lang, NOW.date(), asked=True), ORDERS, TOKYO) == [TOWEL]
    assert spoken_of(read_mention(text, lang, NOW.date(), asked=False), ORDERS, TOKYO) == []


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("おととい", date(2026, 3, 1), date(2026, 3, 1)),
        ("3日前", date(2026, 2, 28), date(2026, 2, 28)),
        ("先週", date(2026, 2, 23), date(2026, 3, 1)),
        ("last month", date(2026, 2, 1), date(2026, 2, 28)),
        ("2주 전", date(2026, 2, 14), date(2026, 2, 20)),
        ("12/24", date(2025, 12, 24), date(2025, 12, 24)),
        ("march 3rd", date(2026, 3, 3), date(2026, 3, 3)),
        ("2 of february", date(2026, 2, 2), date(2026, 2, 2)),
        ("2月28号", date(2026, 2, 28), date(2026, 2, 28)),
    ],
)
def test_days(text: str, first: date, last: date) -> None:
    assert read_days(normal(text), NOW.date()) == Days(first, last)


@pytest.mark.parametrize("text", ["2月30日", "13/45", "いつか", "1.0", "日前"])
def test_no_days(text: str) -> None:
    assert read_days(normal(text), NOW.date()) is None


def test_everything_the_shop_sells_is_known_by_what_it_is() -> None:
    unknown = [ware.name for ware in WARES if not named(ware.name).kinds]
    assert unknown == []


def test_words_are_no_parts_of_others() -> None:
    things = [named("名入れ万年筆"), named("フライパン 26cm IH対応"), named("Water Bottle 500 ml")]
    assert fitting("my company opened an account", "en", things) == []
    assert fitting("the bottle", "en", things) == [2]
    assert fitting("my pen", "en", things) == [0]

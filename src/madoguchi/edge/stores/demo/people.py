"""The named people of the demo shop and their orders, as data: for tests, the demo's pages and the guides alike."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from madoguchi.core.shop.port import Address, StoreCustomer, TenderKind


class Story(StrEnum):
    """What there is to tell about an order."""

    LATE = "late"  # should have come two days ago, lies in a depot, has a new estimate
    MISSED = "missed"  # the van came and nobody was in; it waits at a depot
    CANCELLABLE = "cancellable"  # paid, the warehouse has not begun
    PENDING_PAYMENT = "pending_payment"
    EXPRESS = "express"  # paid, and past the cut-off of its fast delivery
    PREPARING = "preparing"  # a cancellation is asked of the warehouse, in time
    PREPARING_TOO_LATE = "preparing_too_late"  # the same, too late
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    DIGITAL = "digital"
    DIGITAL_OPENED = "digital_opened"
    CUSTOM_MADE = "custom_made"
    GIFT = "gift"
    GIVEN = "given"  # a present that has come to somebody else
    CORPORATE = "corporate"


class Pay(msgspec.Struct, frozen=True):
    """A part of a payment; `amount` in yen, None: all the rest. `paid` is false for what is still to come."""

    kind: TenderKind
    amount: int | None = None
    paid: bool = True


CARD = Pay(TenderKind.CARD)
COD = Pay(TenderKind.COD, paid=False)
KONBINI = Pay(TenderKind.KONBINI)
KONBINI_UNPAID = Pay(TenderKind.KONBINI, paid=False)
INVOICE = Pay(TenderKind.BANK, paid=False)


class NamedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its number; `items` are units by sku, `subscription` the regular delivery it came from."""

    ref: str
    story: Story
    items: Mapping[str, int]
    pay: tuple[Pay, ...] = (CARD,)
    subscription: str | None = None


class NamedSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A membership or a regular delivery; days are counted from now.

    A membership has a `plan`, and with `order` the order that paid for its period; a regular delivery has the rest:
    `price` in yen, and `order` is the last delivery.
    """

    ref: str
    order: str
    started_days_ago: int
    period_days_ago: int
    renews_in_days: int
    plan: str | None = None
    name: str = ""
    price: int = 0
    interval: str = ""
    used: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with orders, the most telling first; `gift_balance` and `points` in yen."""

    customer: StoreCustomer
    orders: tuple[NamedOrder, ...] = ()
    subscriptions: tuple[NamedSubscription, ...] = ()
    gift_balance: int = 0
    points: int = 0

    @property
    def order_refs(self) -> set[str]:
        """The numbers of all orders, with those that paid for memberships."""
        return {order.ref for order in self.orders} | {one.order for one in self.subscriptions}

    def order(self, story: Story) -> str:
        """The number of this person's first order of that story; LookupError when there is none."""
        for order in self.orders:
            if order.story is story:
                return order.ref
        raise LookupError(f"{self.customer.name}: {story}")


def _customer(
    ref: str, family: str, given: str, kana: str, email: str, locale: str, phone: str, *where: str
) -> StoreCustomer:
    postal_code, region, city, *lines = where
    name = f"{given} {family}".strip() if locale == "en" else f"{family} {given}".strip()
    return StoreCustomer(
        ref=ref,
        name=name,
        email=email,
        locale=locale,
        kana=kana,
        given_name=given,
        family_name=family,
        phone=phone,
        address=Address(
            name=name, lines=tuple(lines), city=city, region=region, postal_code=postal_code, country="JP", phone=phone
        ),
    )


MISAKI = Person(
    customer=_customer(
        "CU-1001",
        "佐藤",
        "美咲",
        "サトウ ミサキ",
        "misaki.sato@example.jp",
        "ja",
        "090-0000-1001",
        *("154-0004", "東京都", "世田谷区", "太子堂2-15-4", "コーポ若葉203"),
    ),
    orders=(
        NamedOrder(ref="MD-10234567", story=Story.LATE, items={"KETTLE-WH": 1}),
        NamedOrder(
            ref="MD-10234602",
            story=Story.CANCELLABLE,
            items={"TOWEL-BE": 2, "PILLOW-1": 1, "LOTION-1": 3},
            pay=(Pay(TenderKind.GIFT_BALANCE, 3000), Pay(TenderKind.POINTS, 850), CARD),
        ),
        NamedOrder(
            ref="MD-10234480",
            story=Story.PARTLY_SHIPPED,
            items={"PAN-1": 1, "POT-RD": 1},
            pay=(Pay(TenderKind.POINTS, 600), CARD),
        ),
        NamedOrder(ref="MD-10233915", story=Story.DELIVERED, items={"SWEATER-M": 1, "TSHIRT-M": 2}),
        NamedOrder(ref="MD-10233871", story=Story.DELIVERED, items={"RICEBOWL-BL": 2}),
        NamedOrder(ref="MD-10233790", story=Story.DELIVERED, items={"COFFEE-MED": 2}, subscription="SUB-1001"),
    ),
    subscriptions=(
        NamedSubscription(
            ref="SUB-1000",
            order="MD-10234188",
            plan="MEMBER-MONTH",
            started_days_ago=200,
            period_days_ago=18,
            renews_in_days=12,
            used=True,
        ),
        NamedSubscription(
            ref="SUB-1001",
            order="MD-10233790",
            name="コーヒー豆 ブレンド 500g ×2",
            price=3780,
            interval="weeks:4",
            started_days_ago=92,
            period_days_ago=8,
            renews_in_days=20,
        ),
    ),
    gift_balance=1200,
    points=430,
)

KENTA = Person(
    customer=_customer(
        "CU-1002",
        "高橋",
        "健太",
        "タカハシ ケンタ",
        "kenta.takahashi@example.jp",
        "ja",
        "090-0000-1002",
        *("330-0854", "埼玉県", "さいたま市大宮区", "桜木町1-7-5", "ソニックハイツ801"),
    ),
    orders=(
        NamedOrder(ref="MD-10234571", story=Story.PENDING_PAYMENT, items={"HUMIDIFIER-WH": 1}, pay=(KONBINI_UNPAID,)),
        NamedOrder(ref="MD-10234520", story=Story.PREPARING, items={"DESKLIGHT-BK": 1, "NOTEBOOK-1": 2}),
        NamedOrder(ref="MD-10234511", story=Story.PREPARING_TOO_LATE, items={"SHOES-265": 1}),
        NamedOrder(ref="MD-10234590", story=Story.CANCELLABLE, items={"RICE-1": 2}, pay=(KONBINI,)),
        NamedOrder(ref="MD-10234391", story=Story.MISSED, items={"CLEANER-1": 1}),
        NamedOrder(ref="MD-10234333", story=Story.SHIPPED, items={"WATER-1": 2, "TEA-1": 1}, pay=(COD,)),
    ),
    points=120,
)

YOKO = Person(
    customer=_customer(
        "CU-1003",
        "田中",
        "陽子",
        "タナカ ヨウコ",
        "yoko.tanaka@example.jp",
        "ja",
        "090-0000-1003",
        *("604-8006", "京都府", "京都市中京区", "河原町通二条下る一之船入町12"),
    ),
    orders=(
        NamedOrder(ref="MD-10234583", story=Story.GIFT, items={"BLOCKS-1": 1}),
        NamedOrder(ref="MD-10234575", story=Story.CUSTOM_MADE, items={"PEN-F": 1}),
        NamedOrder(ref="MD-10234418", story=Story.DIGITAL_OPENED, items={"EBOOK-1": 1}),
        NamedOrder(ref="MD-10234421", story=Story.DIGITAL, items={"GIFTCARD-1": 1}),
        NamedOrder(ref="MD-10234360", story=Story.SHIPPED, items={"TEAPOT-1": 1, "PLATE-1": 1}),
        NamedOrder(ref="MD-10234102", story=Story.CANCELLED, items={"CURTAIN-GR": 1}),
        NamedOrder(ref="MD-10233337", story=Story.GIVEN, items={"TOWEL-BE": 2, "TEA-1": 1}),  # Naoki got it
    ),
    subscriptions=(
        NamedSubscription(
            ref="SUB-1002",
            order="MD-10234528",
            plan="MEMBER-YEAR",
            started_days_ago=2,
            period_days_ago=2,
            renews_in_days=363,
        ),
    ),
    gift_balance=5000,
)

ICHIRO = Person(
    customer=_customer(
        "CU-1004",
        "鈴木",
        "一郎",
        "スズキ イチロウ",
        "ichiro.suzuki@example.jp",
        "ja",
        "080-0000-1004",
        *("060-0042", "北海道", "札幌市中央区", "大通西3-6"),
    ),
    orders=(
        NamedOrder(ref="MD-10234611", story=Story.CANCELLABLE, items={"DUVET-1": 1}, pay=(COD,)),
        NamedOrder(
            ref="MD-10234598",
            story=Story.CANCELLABLE,
            items={"UMEBOSHI-1": 1},
            pay=(Pay(TenderKind.POINTS),),
        ),
        NamedOrder(ref="MD-10234595", story=Story.EXPRESS, items={"CURTAIN-BE": 1}),
        NamedOrder(ref="MD-10233650", story=Story.DELIVERED, items={"CLEANER-1": 1}, pay=(COD,)),
    ),
    points=2400,
)

EMMA = Person(
    customer=_customer(
        "CU-1005",
        "Wilson",
        "Emma",
        "エマ ウィルソン",
        "emma.wilson@example.com",
        "en",
        "080-0000-1005",
        *("150-0013", "東京都", "渋谷区", "恵比寿2-11-3", "ヒルズ恵比寿 506"),
    ),
    orders=(
        NamedOrder(ref="MD-10234553", story=Story.LATE, items={"COFFEEMAKER-1": 1}),
        NamedOrder(
            ref="MD-10234604",
            story=Story.CANCELLABLE,
            items={"EARBUDS-WH": 1, "POWERBANK-1": 1},
            pay=(Pay(TenderKind.GIFT_BALANCE, 5000), CARD),
        ),
        NamedOrder(ref="MD-10234401", story=Story.MISSED, items={"PILLOW-1": 1}),
        NamedOrder(ref="MD-10234371", story=Story.SHIPPED, items={"UMBRELLA-NV": 1}),
        NamedOrder(ref="MD-10234466", story=Story.PARTLY_SHIPPED, items={"BOARD-1": 1, "KNIFE-1": 1}),
        NamedOrder(ref="MD-10233922", story=Story.DELIVERED, items={"SWEATER-M": 1, "UMBRELLA-YE": 1}),
        NamedOrder(ref="MD-10233355", story=Story.DELIVERED, items={"RICEBOWL-BL": 2}),
    ),
    subscriptions=(
        NamedSubscription(
            ref="SUB-1003",
            order="MD-10234337",
            plan="MEMBER-MONTH",
            started_days_ago=40,
            period_days_ago=10,
            renews_in_days=20,
        ),
    ),
    points=60,
)

FANG = Person(
    customer=_customer(
        "CU-1006",
        "王",
        "芳",
        "オウ ホウ",
        "fang.wang@example.com",
        "zh",
        "070-0000-1006",
        *("542-0076", "大阪府", "大阪市中央区", "難波3-4-16"),
    ),
    orders=(
        NamedOrder(ref="MD-10234549", story=Story.LATE, items={"RICECOOKER-WH": 1}),
        NamedOrder(ref="MD-10234606", story=Story.CANCELLABLE, items={"SUNSCREEN-1": 2, "LOTION-1": 2}),
        NamedOrder(ref="MD-10234377", story=Story.SHIPPED, items={"TSHIRT-S": 3}),
        NamedOrder(ref="MD-10234459", story=Story.PARTLY_SHIPPED, items={"CONTAINERS-1": 2, "TOWEL-WH": 1}),
        NamedOrder(ref="MD-10233926", story=Story.DELIVERED, items={"TSHIRT-M": 2, "COFFEEMAKER-1": 1}),
        NamedOrder(ref="MD-10233358", story=Story.DELIVERED, items={"TOTE-NV": 1}),
    ),
    gift_balance=800,
)

MINJUN = Person(
    customer=_customer(
        "CU-1007",
        "김",
        "민준",
        "キム ミンジュン",
        "minjun.kim@example.com",
        "ko",
        "070-0000-1007",
        *("810-0001", "福岡県", "福岡市中央区", "天神1-8-1", "天神レジデンス1102"),
    ),
    orders=(
        NamedOrder(ref="MD-10234541", story=Story.LATE, items={"SHOES-275": 1}),
        NamedOrder(
            ref="MD-10234608",
            story=Story.CANCELLABLE,
            items={"CHAIR-GR": 2, "NOTEBOOK-1": 1},
            pay=(Pay(TenderKind.POINTS, 1000), CARD),
        ),
        NamedOrder(ref="MD-10234383", story=Story.SHIPPED, items={"SWEATER-L": 1}),
        NamedOrder(ref="MD-10234452", story=Story.PARTLY_SHIPPED, items={"DESKLIGHT-WH": 1, "SCRATCHER-1": 2}),
        NamedOrder(ref="MD-10233928", story=Story.DELIVERED, items={"TSHIRT-L": 2, "DESKLIGHT-WH": 1}),
        NamedOrder(ref="MD-10233364", story=Story.DELIVERED, items={"PLATE-1": 1}),
    ),
    points=310,
)

MIDORI = Person(
    customer=_customer(
        "CU-1008",
        "株式会社みどり企画",
        "",
        "カブシキガイシャミドリキカク",
        "soumu@midori-kikaku.example",
        "ja",
        "03-0000-1008",
        *("101-0051", "東京都", "千代田区", "神田神保町1-10", "みどりビル4階"),
    ),
    orders=(
        NamedOrder(
            ref="MD-10234587",
            story=Story.CORPORATE,
            items={"NOTEBOOK-1": 40, "DESKLIGHT-WH": 6},
            pay=(INVOICE,),
        ),
        NamedOrder(ref="MD-10233702", story=Story.DELIVERED, items={"WATER-1": 10, "TEA-1": 5}),
    ),
)

NAOKI = Person(  # has never bought anything
    customer=_customer(
        "CU-1009",
        "小林",
        "直樹",
        "コバヤシ ナオキ",
        "naoki.kobayashi@example.jp",
        "ja",
        "090-0000-1009",
        *("980-0811", "宮城県", "仙台市青葉区", "一番町3-1-1"),
    ),
)

YUKI = Person(  # sends things back
    customer=_customer(
        "CU-1010",
        "中村",
        "由紀",
        "ナカムラ ユキ",
        "yuki.nakamura@example.jp",
        "ja",
        "090-0000-1010",
        *("220-0012", "神奈川県", "横浜市西区", "みなとみらい3-6-1", "海風レジデンス1208"),
    ),
    orders=(
        NamedOrder(ref="MD-10233402", story=Story.DELIVERED, items={"SWEATER-S": 1}),
        NamedOrder(ref="MD-10233388", story=Story.DELIVERED, items={"TEAPOT-1": 1}),
        NamedOrder(ref="MD-10233367", story=Story.DELIVERED, items={"CHAIR-GR": 1}),
        NamedOrder(ref="MD-10233345", story=Story.DELIVERED, items={"CURTAIN-BE": 1}),
    ),
    points=150,
)

DAISUKE = Person(  # talks with sellers
    customer=_customer(
        "CU-1011",
        "伊藤",
        "大輔",
        "イトウ ダイスケ",
        "daisuke.ito@example.jp",
        "ja",
        "080-0000-1011",
        *("460-0008", "愛知県", "名古屋市中区", "栄3-15-27", "栄スクエア605"),
    ),
    orders=(
        NamedOrder(ref="MD-10233431", story=Story.DELIVERED, items={"HUMIDIFIER-GY": 1}),
        NamedOrder(ref="MD-10233376", story=Story.DELIVERED, items={"PLATE-1": 1}),
        NamedOrder(ref="MD-10233352", story=Story.DELIVERED, items={"TOTE-NV": 1}),
    ),
)

NANA = Person(
    customer=_customer(
        "CU-1012",
        "渡辺",
        "奈々",
        "ワタナベ ナナ",
        "nana.watanabe@example.jp",
        "ja",
        "070-0000-1012",
        *("166-0003", "東京都", "杉並区", "高円寺南4-28-9", "メゾン高円寺102"),
    ),
    orders=(
        NamedOrder(ref="MD-10233418", story=Story.DELIVERED, items={"DESKLIGHT-BK": 1}),
        NamedOrder(ref="MD-10233360", story=Story.DELIVERED, items={"RICEBOWL-RD": 2}),
    ),
    gift_balance=500,
)

PEOPLE = (MISAKI, EMMA, FANG, MINJUN, KENTA, YOKO, ICHIRO, MIDORI, YUKI, DAISUKE, NANA, NAOKI)
BY_REF: Mapping[str, Person] = MappingProxyType({person.customer.ref: person for person in PEOPLE})

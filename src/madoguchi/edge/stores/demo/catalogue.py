"""What the demo shop sells: an invented general store with its own goods and those of three sellers."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from madoguchi.core.shop.port import Product, Seller, Variant
from madoguchi.kit.money import Money

YAMADA = Seller(ref="yamada", name="山田商店", address="佐賀県西松浦郡有田町本町1-2-3")
NAGISA = Seller(ref="nagisa", name="工房なぎさ", address="岡山県倉敷市児島味野4-5-6")
MINABE = Seller(ref="minabe", name="みなべ梅の里", address="和歌山県日高郡みなべ町芝7-8-9")
SELLERS: Mapping[str, Seller] = MappingProxyType({seller.ref: seller for seller in (YAMADA, NAGISA, MINABE)})

Choices = tuple[tuple[str, dict[str, str]], ...]
ONE: Choices = (("1", {}),)
_SIZES: Choices = tuple((size, {"サイズ": size}) for size in ("S", "M", "L", "XL"))


class Ware(msgspec.Struct, frozen=True):
    """A product; `price` in yen with tax, `rate` the consumption tax in percent, `choices` ends of skus and options.

    `more` is what some choices cost beyond the price, or less.
    """

    ref: str
    name: str
    category: str
    price: int
    choices: Choices = ONE
    flags: tuple[str, ...] = ()
    seller: str | None = None
    rate: int = 10
    more: Mapping[str, int] = {}

    def tax(self, total: int) -> int:
        """The tax in an amount that includes it, rounded down."""
        return total * self.rate // (100 + self.rate)


def _colours(**colours: str) -> Choices:
    return tuple((end, {"色": colour}) for end, colour in colours.items())


WARES = (
    Ware("KETTLE", "電気ケトル 1.0L", "家電", 5480, _colours(WH="ホワイト", BK="ブラック")),
    Ware("RICECOOKER", "IH炊飯器 5.5合炊き", "家電", 24800, _colours(WH="ホワイト", BK="ブラック")),
    Ware("COFFEEMAKER", "コーヒーメーカー ガラスサーバー付き", "家電", 8980),
    Ware("HUMIDIFIER", "加湿器 4L", "家電", 9980, _colours(WH="ホワイト", GY="グレー")),
    Ware("CLEANER", "コードレス掃除機", "家電", 32800),
    Ware("DESKLIGHT", "LEDデスクライト", "家電", 6480, _colours(WH="ホワイト", BK="ブラック")),
    Ware("EARBUDS", "ワイヤレスイヤホン", "家電", 12800, _colours(WH="ホワイト", BK="ブラック")),
    Ware("POWERBANK", "モバイルバッテリー 10000mAh", "家電", 3980, flags=("hazmat",)),
    Ware("POT", "鋳物ホーロー鍋 22cm", "キッチン", 15400, _colours(RD="レッド", NV="ネイビー")),
    Ware("PAN", "フライパン 26cm IH対応", "キッチン", 3980),
    Ware("KNIFE", "三徳包丁 165mm", "キッチン", 6600),
    Ware("BOARD", "ひのきのまな板", "キッチン", 3300),
    Ware("CONTAINERS", "保存容器 5個セット", "キッチン", 1980),
    Ware("RICEBOWL", "有田焼 飯碗", "食器", 2420, _colours(BL="青", RD="赤"), seller="yamada"),
    Ware("PLATE", "有田焼 中皿 2枚組", "食器", 5280, seller="yamada"),
    Ware("TEAPOT", "有田焼 急須", "食器", 6930, seller="yamada"),
    Ware(
        "TOWEL",
        "今治産バスタオル 2枚組",
        "日用品",
        3960,
        _colours(WH="ホワイト", BE="ベージュ", BL="ブルー"),
        more={"BL": 440},
    ),
    Ware("PILLOW", "低反発まくら", "寝具", 4980),
    Ware("DUVET", "羽毛掛け布団 シングル", "寝具", 29800),
    Ware("CURTAIN", "遮光カーテン 100×200cm 2枚組", "インテリア", 5980, _colours(BE="ベージュ", GR="グリーン")),
    Ware("UMBRELLA", "軽量折りたたみ傘", "ファッション", 2980, _colours(NV="ネイビー", YE="イエロー")),
    Ware("TSHIRT", "綿の長袖Tシャツ", "ファッション", 2990, _SIZES, ("free_return",)),
    Ware("SWEATER", "メリノウールのセーター", "ファッション", 9900, _SIZES, ("free_return",), more={"XL": 600}),
    Ware(
        "SHOES",
        "ランニングシューズ",
        "ファッション",
        8990,
        tuple((str(cm), {"サイズ": f"{cm / 10} cm"}) for cm in (235, 245, 255, 265, 275)),
        ("free_return",),
    ),
    Ware("TOTE", "帆布トートバッグ", "ファッション", 7480, _colours(NA="生成り", NV="紺"), seller="nagisa"),
    Ware("POUCH", "帆布ポーチ", "ファッション", 2860, _colours(NA="生成り", NV="紺"), seller="nagisa"),
    Ware("LOTION", "化粧水 200mL", "美容", 2200),
    Ware("SUNSCREEN", "日焼け止め SPF50", "美容", 1650),
    Ware(
        "COFFEE",
        "コーヒー豆 ブレンド 500g",
        "食品",
        1890,
        (("BEAN", {"挽き方": "豆のまま"}), ("MED", {"挽き方": "中挽き"})),
        rate=8,
    ),
    Ware("TEA", "宇治煎茶 100g", "食品", 2160, rate=8),
    Ware("RICE", "新潟県産コシヒカリ 5kg", "食品", 3480, rate=8),
    Ware("UMEBOSHI", "紀州南高梅 1kg", "食品", 3240, seller="minabe", rate=8),
    Ware("STRAWBERRY", "いちご 2パック（冷蔵）", "食品", 3980, flags=("perishable",), rate=8),
    Ware("WATER", "天然水 2L×9本", "食品", 1180, rate=8),
    Ware("NOTEBOOK", "方眼ノート A5 5冊組", "文具", 990),
    Ware("PEN", "名入れ万年筆", "文具", 13200, (("F", {"ペン先": "細字"}), ("M", {"ペン先": "中字"})), ("custom",)),
    Ware("EBOOK", "電子書籍『はじめてのベランダ菜園』", "電子書籍", 1540, flags=("digital",)),
    Ware("BLOCKS", "木のつみき 30ピース", "おもちゃ", 4950),
    Ware("CHAIR", "アウトドアチェア", "アウトドア", 5980, _colours(GR="カーキ", BE="ベージュ"), more={"BE": -500}),
    Ware("SCRATCHER", "猫のつめとぎ 2個組", "ペット", 1280),
    Ware("GIFTCARD", "ギフトカード 5,000円分", "ギフトカード", 5000, flags=("gift_card", "digital"), rate=0),
)


class Offer(msgspec.Struct, frozen=True):
    """A plan of a kind of subscription; `price` in yen for one interval."""

    ref: str
    kind: str
    name: str
    price: int
    interval: str


MONTHLY = Offer("MEMBER-MONTH", "membership", "まどぐち会員（月額）", 500, "month")
YEARLY = Offer("MEMBER-YEAR", "membership", "まどぐち会員（年額）", 5000, "year")
OFFERS: Mapping[str, Offer] = MappingProxyType({offer.ref: offer for offer in (MONTHLY, YEARLY)})
DELIVERY_INTERVALS = ("weeks:2", "weeks:4", "weeks:8")


class Choice(msgspec.Struct, frozen=True):
    """One variant of a ware."""

    sku: str
    ware: Ware
    options: dict[str, str]
    price: int


CHOICES: Mapping[str, Choice] = MappingProxyType(
    {
        f"{ware.ref}-{end}": Choice(f"{ware.ref}-{end}", ware, options, ware.price + ware.more.get(end, 0))
        for ware in WARES
        for end, options in ware.choices
    }
)


def products() -> tuple[Product, ...]:
    """The catalogue as the store holds it; digital goods are not counted."""
    return tuple(
        Product(
            ref=ware.ref,
            name=ware.name,
            category=ware.category,
            flags=ware.flags,
            seller_ref=ware.seller,
            variants=tuple(_variant(ware, index, end, options) for index, (end, options) in enumerate(ware.choices)),
        )
        for ware in WARES
    )


def _variant(ware: Ware, index: int, end: str, options: dict[str, str]) -> Variant:
    stock = None if "digital" in ware.flags else (len(ware.name) * 7 + index * 13) % 60
    return Variant(
        sku=f"{ware.ref}-{end}",
        options=options,
        price=Money(CHOICES[f"{ware.ref}-{end}"].price, "JPY"),
        available=stock != 0,
        stock=stock,
    )

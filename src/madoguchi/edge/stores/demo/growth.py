"""As many more customers as are wanted, each with one to six orders of the last two months. Pure and repeatable.

A customer depends on (seed, its number, now) alone, so that a larger world begins with the smaller one.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from madoguchi.core.shop.port import Address, StoreCustomer, TenderKind
from madoguchi.edge.stores.demo import baskets, catalogue, rules
from madoguchi.edge.stores.demo.contents import Contents, Method, Placed, payments_of
from madoguchi.edge.stores.demo.people import CARD, COD, KONBINI, KONBINI_UNPAID, Pay

MOST_ORDERS = 6
# order numbers are spread over this prime's residues: eight digits, none twice, and unlike those of named people
PRIME, STRIDE, FIRST_NUMBER = 79_999_987, 31_415_927, 20_000_000
REASONS = ("no longer needed", "ordered by mistake", "takes too long", "other")

NAMES = {
    "ja": (
        (
            "佐々木 ササキ",
            "山口 ヤマグチ",
            "松本 マツモト",
            "井上 イノウエ",
            "木村 キムラ",
            "林 ハヤシ",
            "清水 シミズ",
            "斎藤 サイトウ",
            "阿部 アベ",
            "森 モリ",
            "池田 イケダ",
            "橋本 ハシモト",
            "石川 イシカワ",
            "前田 マエダ",
        ),
        (
            "翔太 ショウタ",
            "大輔 ダイスケ",
            "健 ケン",
            "直人 ナオト",
            "拓也 タクヤ",
            "結衣 ユイ",
            "陽菜 ヒナ",
            "恵 メグミ",
            "由美子 ユミコ",
            "真理 マリ",
            "千尋 チヒロ",
            "和子 カズコ",
            "葵 アオイ",
            "蓮 レン",
        ),
    ),
    "en": (
        ("Smith", "Brown", "Taylor", "Clark", "Lewis", "Young", "Baker", "Murphy"),
        ("Olivia", "Noah", "Grace", "Liam", "Chloe", "Daniel", "Sophie", "Ryan"),
    ),
    "zh": (("李", "张", "刘", "陈", "杨", "赵", "周", "吴"), ("伟", "敏", "静", "磊", "婷", "浩然", "雨欣", "子涵")),
    "ko": (
        ("이", "박", "최", "정", "강", "조", "윤", "임"),
        ("서연", "도윤", "지우", "하은", "준호", "수빈", "현우", "유진"),
    ),
}
LOCALES = ("ja",) * 14 + ("en", "en", "zh", "zh", "ko", "ko")
# postal code, prefecture, city, town
PLACES = (
    ("064-0804", "北海道", "札幌市中央区", "南四条西"),
    ("980-0021", "宮城県", "仙台市青葉区", "中央"),
    ("950-0087", "新潟県", "新潟市中央区", "東大通"),
    ("330-0061", "埼玉県", "さいたま市浦和区", "常盤"),
    ("260-0013", "千葉県", "千葉市中央区", "中央"),
    ("166-0003", "東京都", "杉並区", "高円寺南"),
    ("135-0048", "東京都", "江東区", "門前仲町"),
    ("210-0007", "神奈川県", "川崎市川崎区", "駅前本町"),
    ("380-0921", "長野県", "長野市", "栗田"),
    ("420-0852", "静岡県", "静岡市葵区", "紺屋町"),
    ("460-0008", "愛知県", "名古屋市中区", "栄"),
    ("920-0852", "石川県", "金沢市", "此花町"),
    ("600-8216", "京都府", "京都市下京区", "東塩小路町"),
    ("530-0001", "大阪府", "大阪市北区", "梅田"),
    ("650-0021", "兵庫県", "神戸市中央区", "三宮町"),
    ("700-0024", "岡山県", "岡山市北区", "駅元町"),
    ("730-0011", "広島県", "広島市中区", "基町"),
    ("790-0012", "愛媛県", "松山市", "湊町"),
    ("812-0012", "福岡県", "福岡市博多区", "博多駅中央街"),
    ("900-0015", "沖縄県", "那覇市", "久茂地"),
)


def contents(seed: int, numbers: Iterable[int], now: datetime) -> Contents:
    """These customers, counted from 0, with their orders at `now`."""
    customers: list[StoreCustomer] = []
    methods: list[Method] = []
    orders: list[Placed] = []
    for number in numbers:
        rng = random.Random(f"{seed}/{number}")
        customer = _customer(rng, number)
        customers.append(customer)
        methods += baskets.methods(customer, rng.choice((0, 0, 0, 500, 1000, 3000)), rng.randrange(0, 900, 10))
        orders += [_order(rng, customer, _number(number, n), now) for n in range(rng.randint(1, MOST_ORDERS))]
    return Contents(customers=customers, methods=methods, orders=orders)


def _customer(rng: random.Random, number: int) -> StoreCustomer:
    locale = rng.choice(LOCALES)
    family, given = (rng.choice(names) for names in NAMES[locale])
    family, _, family_kana = family.partition(" ")
    given, _, given_kana = given.partition(" ")
    name = f"{given} {family}" if locale == "en" else f"{family} {given}"
    postal_code, region, city, town = rng.choice(PLACES)
    phone = f"0{rng.choice((70, 80, 90))}-0000-{number % 10000:04d}"
    return StoreCustomer(
        ref=f"CU-{20_000 + number}",
        name=name,
        email=f"customer{number}@example.jp",
        locale=locale,
        kana=f"{family_kana} {given_kana}".strip(),
        given_name=given,
        family_name=family,
        phone=phone,
        address=Address(
            name=name,
            lines=(f"{town}{rng.randint(1, 5)}-{rng.randint(1, 28)}-{rng.randint(1, 20)}",),
            city=city,
            region=region,
            postal_code=postal_code,
            country="JP",
            phone=phone,
        ),
    )


def _number(customer: int, order: int) -> str:
    return f"MD-{FIRST_NUMBER + (customer * MOST_ORDERS + order) * STRIDE % PRIME}"


def _order(rng: random.Random, customer: StoreCustomer, ref: str, now: datetime) -> Placed:
    items = _items(rng)
    at = now - timedelta(minutes=int(min(rng.expovariate(1 / 12), 60) * 24 * 60) + 5)
    order = baskets.place(ref, customer, at, items, _pay(rng, items))
    plan = baskets.usual(order)
    if all("digital" in line.flags for line in order.lines):
        order = baskets.handed_over(order, opened=rng.random() < 0.5)
    elif rng.random() < 0.05:
        order = rules.cancelled(order, rules.wanted(order, None), rng.choice(REASONS))
    order = rules.progressed(order, plan, now)
    return Placed(order=order, payments=payments_of(order), plan=plan)


def _items(rng: random.Random) -> dict[str, int]:
    """One to four wares of one seller, mostly single; digital goods alone."""
    skus = list(catalogue.CHOICES)
    first = rng.choice(skus)
    items = {first: 1}
    if not _digital(first):
        for sku in rng.sample(skus, rng.randrange(4)):
            if _seller(sku) == _seller(first) and not _digital(sku):
                items[sku] = rng.choice((1, 1, 1, 2, 3))
    return items


def _digital(sku: str) -> bool:
    return "digital" in catalogue.CHOICES[sku].ware.flags


def _seller(sku: str) -> str | None:
    return catalogue.CHOICES[sku].ware.seller


def _pay(rng: random.Random, items: dict[str, int]) -> tuple[Pay, ...]:
    if any(_digital(sku) for sku in items):
        return (CARD,)
    worth = sum(catalogue.CHOICES[sku].price * units for sku, units in items.items())
    way = rng.random()
    if way < 0.10:
        return (COD,)
    if way < 0.25:
        return (rng.choice((KONBINI, KONBINI, KONBINI_UNPAID)),)
    if way < 0.40:
        return (Pay(TenderKind.POINTS, rng.randrange(10, worth, 10)), CARD)
    if way < 0.50:
        return (Pay(TenderKind.GIFT_BALANCE, rng.randrange(100, worth, 100)), CARD)
    return (CARD,)

"""Which order is spoken of without its number: by what is in it, when it was placed or came, by money. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.shop.port import StoreOrder
from madoguchi.service.bot.days import Days, read_days
from madoguchi.service.bot.goods import Named, fitting, named
from madoguchi.service.bot.normal import normal

_NEWEST = re.compile(
    "直近|最新|最近の注文|一番新し|いちばん新し|この前の|前回の|さっき|先ほど|先程|たった今|今しがた|最後の注文|最後に(?:注文|買|頼)"
    r"|\b(?:last|latest|newest|most recent|recent) (?:order|purchase)\b|\bmost recent\b|\blatest one\b"
    r"|\bjust (?:ordered|bought|placed|purchased|now)\b"
    "|上一单|上一個訂單|上一个订单|上次|最近的?(?:一[次个笔])?的?订单|最新的|刚刚|刚才|刚[下买订]"
    "|최근 ?주문|마지막 ?주문|방금|아까|지난번|가장 최근|제일 최근"
)
_PLACED = re.compile(
    "注文|買|頼|購入|オーダー|発注|order|bought|purchase|placed"
    "|下单|下的|订|買的|买|拍的|주문|샀|산 |구매|구입|시킨|시켰"
)
_CAME = re.compile(
    "届い(?!て(?:い)?な|てま)|届きました|受け取っ(?!て(?:い)?な)|受け取りました|到着し(?!て(?:い)?な)"
    r"|\barrived\b|\bdelivered\b|\breceived\b|\bcame\b|收到(?!.{0,2}没)|到的|送到了|到货|도착한|도착했|받은|받았|배송된"
)
_PROMISED = re.compile(
    r"はず|予定|約束|\bsupposed\b|\bshould\b|\bdue\b|\bpromised\b|应该|預計|预计|说好|예정|온다고|온다더니"
)
_MONEY = re.compile(
    r"[¥$₩](?P<before>[0-9][0-9,]*(?:\.[0-9]+)?)"
    r"|(?P<after>[0-9][0-9,]*(?:\.[0-9]+)?)\s?(?:円|えん|yen|jpy|dollars?|usd|bucks|ドル|日元|元|块|美元|엔|원|달러)"
)
_ABOUT = re.compile(r"くらい|ぐらい|ほど|約|およそ|\babout\b|\baround\b|\broughly\b|左右|大概|大约|差不多|정도|쯤|약 ")
_NEAR = Decimal("0.1")


class Mention(msgspec.Struct, frozen=True):
    """How an order was spoken of. `days` are those on which it was placed, or with `came` delivered.

    `amounts` are in major units of whatever currency; `near`: give or take a tenth.
    """

    text: str
    lang: str
    newest: bool = False
    days: Days | None = None
    came: bool = False
    amounts: tuple[Decimal, ...] = ()
    near: bool = False


def read_mention(text: str, lang: str, today: date, *, asked: bool) -> Mention:
    """What a text says of an order. A day alone counts only where it was `asked` which order is meant."""
    plain = normal(text)
    came = bool(_CAME.search(plain))
    dated = not _PROMISED.search(plain) and (asked or came or bool(_PLACED.search(plain)))
    return Mention(
        text=text,
        lang=lang,
        newest=bool(_NEWEST.search(plain)),
        days=read_days(plain, today) if dated else None,
        came=came,
        amounts=tuple(Decimal((m["before"] or m["after"]).replace(",", "")) for m in _MONEY.finditer(plain)),
        near=bool(_ABOUT.search(plain)),
    )


def spoken_of(mention: Mention, orders: Sequence[StoreOrder], zone: ZoneInfo) -> list[int]:
    """Places of the orders (newest first) that were meant; none when nothing was said that fits any of them."""
    left = list(range(len(orders)))
    said = False
    for fits in (_by_goods(mention, orders), _by_days(mention, orders, zone), _by_money(mention, orders)):
        narrowed = [place for place in left if place in fits]
        if narrowed:
            left, said = narrowed, True
    if mention.newest:
        return left[:1]
    return left if said else []


def _by_goods(mention: Mention, orders: Sequence[StoreOrder]) -> set[int]:
    return set(fitting(mention.text, mention.lang, [_contents(order) for order in orders]))


def _by_days(mention: Mention, orders: Sequence[StoreOrder], zone: ZoneInfo) -> set[int]:
    days = mention.days
    if days is None:
        return set()
    return {
        place
        for place, order in enumerate(orders)
        if any(days.first <= at.astimezone(zone).date() <= days.last for at in _moments(order, came=mention.came))
    }


def _by_money(mention: Mention, orders: Sequence[StoreOrder]) -> set[int]:
    return {
        place
        for place, order in enumerate(orders)
        for known in _amounts(order)
        for amount in mention.amounts
        if abs(known - amount) <= (amount * _NEAR if mention.near else 0)
    }


def _contents(order: StoreOrder) -> Named:
    """What everything in an order is called, and who sold it."""
    lines = [named(" ".join((line.name, *line.options.values()))) for line in order.lines]
    return Named(
        frozenset().union(*(line.kinds for line in lines)),
        frozenset().union(*(line.colours for line in lines)),
        frozenset().union(*(line.words for line in lines), named(order.seller.name).words if order.seller else ()),
    )


def _moments(order: StoreOrder, *, came: bool) -> Iterable[datetime]:
    if not came:
        return (order.placed_at,)
    return (shipment.delivered_at for shipment in order.shipments if shipment.delivered_at)


def _amounts(order: StoreOrder) -> set[Decimal]:
    lines = (money for line in order.lines for money in (line.total, line.unit_price))
    return {money.decimal() for money in (order.total, *lines)}

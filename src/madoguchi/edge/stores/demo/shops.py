"""The shops this store can hold, side by side."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec


class Conduct(StrEnum):
    """How a shop behaves."""

    LIVING = "living"  # has a warehouse and carriers; the clock moves its orders
    RECORDED = "recorded"  # loaded from files, stands still; cancels whole orders while they are "pending"


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's fixed facts; `rule_pack` names the rules that our side applies to it."""

    id: str
    name: str
    currency: str
    time_zone: str
    country: str
    locale: str
    rule_pack: str
    conduct: Conduct


DEMO = Shop(
    id="demo",
    name="まどぐち商店",
    currency="JPY",
    time_zone="Asia/Tokyo",
    country="JP",
    locale="ja",
    rule_pack="marketplace-jp",
    conduct=Conduct.LIVING,
)
RETAIL = Shop(
    id="retail",
    name="Retail",
    currency="USD",
    time_zone="America/New_York",
    country="US",
    locale="en",
    rule_pack="tau-retail",
    conduct=Conduct.RECORDED,
)
SHOPS: Mapping[str, Shop] = MappingProxyType({shop.id: shop for shop in (DEMO, RETAIL)})

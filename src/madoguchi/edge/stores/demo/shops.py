"""The shops this store can hold, side by side."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from madoguchi.core.shop.port import Capability, TenderKind, Terms
from madoguchi.kit.money import Money


class Conduct(StrEnum):
    """How a shop behaves."""

    LIVING = "living"  # has a warehouse and carriers; the clock moves its orders
    RECORDED = "recorded"  # loaded from files, stands still; changes orders while they are "pending"


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's fixed facts; `rule_pack` names the rules that our side applies to it, `can` what it does when asked.

    `terms` None: what it takes beside its goods is not known.
    """

    id: str
    name: str
    currency: str
    time_zone: str
    country: str
    locale: str
    rule_pack: str
    conduct: Conduct
    can: frozenset[Capability]
    terms: Terms | None = None

    @property
    def refunds(self) -> bool:
        """Whether it gives captured money back by itself."""
        return Capability.REFUNDS in self.can

    @property
    def wrapping(self) -> Money | None:
        """What it takes for wrapping an order; None: it wraps nothing."""
        return self.terms.wrapping if self.terms else None

    @property
    def pay_later(self) -> tuple[TenderKind, ...]:
        """The payments for which goods can wait."""
        return self.terms.pay_later if self.terms else ()


DEMO_TERMS = Terms(
    shipping_fee=Money(550, "JPY"),
    free_from=Money(5000, "JPY"),
    wrapping=Money(330, "JPY"),
    pay_later=(TenderKind.KONBINI,),
    releases_lines=True,
)
DEMO = Shop(
    id="demo",
    name="まどぐち商店",
    currency="JPY",
    time_zone="Asia/Tokyo",
    country="JP",
    locale="ja",
    rule_pack="marketplace-jp",
    conduct=Conduct.LIVING,
    can=frozenset(Capability) - {Capability.REFUNDS},  # what is owed, our side pays back
    terms=DEMO_TERMS,
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
    can=frozenset(
        {
            Capability.CANCEL,
            Capability.REFUNDS,
            Capability.UPDATE_SHIPPING_ADDRESS,
            Capability.EDIT_LINES,
            Capability.CHANGE_PAYMENT,
            Capability.CREATE_RETURN,
            Capability.CREATE_EXCHANGE,
        }
    ),
)
SHOPS: Mapping[str, Shop] = MappingProxyType({shop.id: shop for shop in (DEMO, RETAIL)})

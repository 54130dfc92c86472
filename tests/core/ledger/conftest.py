"""An order of one customer in the ledger: three kettles paid by card, gift balance and at a convenience store."""

from datetime import datetime
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.rules import Destination, Part, destinations
from madoguchi.core.people import verbs as people
from madoguchi.core.people.rules import CustomerFacts
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import Address, OrderLine, OrderState, StoreOrder, Tender, TenderKind
from madoguchi.kit import ids
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.money import Money

PAID = {"1": (TenderKind.CARD, 5000), "2": (TenderKind.GIFT_BALANCE, 3000), "3": (TenderKind.KONBINI, 1000)}
UNITS = 3


def yen(amount: int) -> Money:
    """An amount of yen."""
    return Money(amount, "JPY")


def order(ref: str, placed_at: datetime) -> StoreOrder:
    """The order as the store tells it."""
    total = sum(amount for _, amount in PAID.values())
    return StoreOrder(
        ref=ref,
        version=1,
        customer_ref="C-1",
        state=OrderState.PAID,
        status_text="paid",
        placed_at=placed_at,
        currency="JPY",
        lines=(
            OrderLine(
                ref="1",
                sku="KETTLE-W",
                product_ref="KETTLE",
                name="ケトル",
                quantity=UNITS,
                unit_price=yen(3000),
                total=yen(total),
                tax=yen(0),
            ),
        ),
        tenders=tuple(
            Tender(
                ref=ref,
                kind=kind,
                method_ref=str(kind),
                label=str(kind),
                amount=yen(amount),
                captured=yen(amount),
                refunded=yen(0),
            )
            for ref, (kind, amount) in PAID.items()
        ),
        shipping_fee=yen(0),
        total=yen(total),
        address=Address(name="佐藤", lines=("1-1",), city="港区", region="東京都", postal_code="1050001", country="JP"),
    )


class Books(msgspec.Struct, frozen=True):
    """The ledger with one order in it."""

    db: Database
    order_id: UUID

    async def owe(self, tender: str, amount: int, destination: Destination | None = None) -> UUID:
        """Reserve money for a wish and make an intent of it; its id."""
        kind = PAID[tender][0]
        part = Part(
            tender_ref=tender,
            tender_kind=kind,
            tender_label=kind,
            amount=yen(amount),
            destination=destination or destinations(kind)[0],
            days=(3, 5),
        )

        async def work(tx: Tx) -> UUID:
            request = ids.uuid7()
            await ledger.reserve(tx, request, self.order_id, {}, {tender: yen(amount)})
            return (await intend(tx, request, self.order_id, [part]))[0]

        return await self.db.run(SYSTEM, work)

    async def held(self, tender: str) -> tuple[int, int]:
        """What of a tender is reserved, and refunded."""
        money = (await self.db.run(SYSTEM, lambda tx: ledger.tenders(tx, self.order_id)))[tender]
        return money.reserved, money.refunded


async def open_books(db: Database, now: datetime) -> Books:
    """A new order of a new store's customer."""

    async def work(tx: Tx) -> UUID:
        await shop.add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        facts = CustomerFacts(
            ref="C-1",
            name="佐藤 美咲",
            kana="サトウ ミサキ",
            given_name="美咲",
            family_name="佐藤",
            email="misaki@example.jp",
            phone=None,
            locale="ja",
            version=1,
        )
        await people.remember_customer(tx, "demo", facts)
        return await shop.mirror_order(tx, "demo", order(ids.number("T"), now))

    return Books(db, await db.run(SYSTEM, work))


@pytest.fixture
async def books(db: Database, now: datetime) -> Books:
    """The ledger with the order."""
    return await open_books(db, now)

"""What the mirror keeps beside orders: goods, and what each customer holds; the latest version wins."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.shop import queries, verbs
from madoguchi.core.shop.port import (
    Address,
    Balance,
    Changes,
    Coupon,
    Product,
    StoreCustomer,
    Subscription,
    TenderKind,
    Variant,
)
from madoguchi.core.shop.queries import CustomerFacts
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

HOME = Address(
    name="佐藤 美咲", lines=("太子堂2-15-4",), city="世田谷区", region="東京都", postal_code="154-0004", country="JP"
)
HELD = Balance(method_ref="gift_balance", kind=TenderKind.GIFT_BALANCE, label="ギフト残高", balance=Money(1200, "JPY"))
MEMBERSHIP = Subscription(
    ref="SUB-1",
    customer_ref="c1",
    name="会員",
    kind="membership",
    state="active",
    price=Money(500, "JPY"),
    interval="month",
    started_at=datetime(2026, 2, 1, tzinfo=UTC),
    renews_at=datetime(2026, 4, 1, tzinfo=UTC),
    intervals=("month", "year"),
)
COUPON = Coupon(
    code="HARU", value=Money(500, "JPY"), minimum=Money(3000, "JPY"), valid_until=datetime(2026, 4, 1, tzinfo=UTC)
)
MISAKI = StoreCustomer(
    ref="c1",
    name="佐藤 美咲",
    email="misaki.sato@example.jp",
    locale="ja",
    address=HOME,
    methods=(HELD,),
    subscriptions=(MEMBERSHIP,),
    coupons=(COUPON,),
    version=3,
)
KETTLE = Product(
    ref="KETTLE",
    name="電気ケトル",
    category="家電",
    variants=(Variant(sku="KETTLE-WH", options={"色": "白"}, price=Money(5480, "JPY"), available=True, stock=4),),
    version=3,
)


def told(customer: StoreCustomer = MISAKI, product: Product = KETTLE) -> Changes:
    return Changes(cursor="1", more=False, customers=(customer,), orders=(), products=(product,))


async def take(db: Database, changes: Changes) -> None:
    await db.run(SYSTEM, lambda tx: verbs.apply_changes(tx, "demo", changes))


async def facts(db: Database, actor: Actor, customer_id: UUID) -> CustomerFacts:
    return await db.run(actor, lambda tx: queries.customer_facts(tx, actor, customer_id))


async def stock(db: Database) -> int | None:
    found = await db.run(SYSTEM, lambda tx: queries.products(tx, "demo", ["KETTLE"]))
    return found["KETTLE"].variants[0].stock


@pytest.fixture
async def misaki(db: Database, now: datetime) -> Actor:
    """A customer of whom the mirror has just heard."""

    async def work(tx: Tx) -> UUID:
        await verbs.add_store(tx, "demo", "まどぐち商店", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        await verbs.apply_changes(tx, "demo", told())
        return UUID(str(await tx.value("select id from customers")))

    return Actor(role=Role.CUSTOMER, id=await db.run(SYSTEM, work))


async def test_a_customer_is_told_as_the_store_tells(db: Database, misaki: Actor) -> None:
    assert misaki.id
    expected = CustomerFacts(address=HOME, methods=(HELD,), subscriptions=(MEMBERSHIP,), coupons=(COUPON,))
    assert await facts(db, misaki, misaki.id) == expected
    assert await facts(db, SYSTEM, misaki.id) == expected


async def test_products_of_this_store_only(db: Database, misaki: Actor) -> None:
    asked = ["KETTLE", "POT"]
    assert await db.run(misaki, lambda tx: queries.products(tx, "demo", asked)) == {"KETTLE": KETTLE}
    assert await db.run(misaki, lambda tx: queries.products(tx, "retail", asked)) == {}


async def test_never_back_to_an_older_version(db: Database, misaki: Actor) -> None:
    assert misaki.id
    sold = replace(KETTLE, version=4, variants=(replace(KETTLE.variants[0], stock=0, available=False),))
    await take(db, told(replace(MISAKI, version=4, methods=()), sold))
    await take(db, told())
    assert (await facts(db, SYSTEM, misaki.id)).methods == ()
    assert await stock(db) == 0


async def test_what_others_hold_is_invisible(db: Database, misaki: Actor) -> None:
    assert misaki.id
    stranger = Actor(role=Role.CUSTOMER, id=UUID(int=1))
    with pytest.raises(Refused, match="not_found"):
        await facts(db, stranger, misaki.id)
    assert await db.run(stranger, lambda tx: tx.value("select count(*) from customer_facts")) == 0


async def test_nothing_is_known_of_a_guest(db: Database, misaki: Actor) -> None:
    assert await facts(db, SYSTEM, UUID(int=2)) == CustomerFacts()

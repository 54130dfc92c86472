"""Both shops of the demo store keep the port's contract."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from madoguchi.core.shop.port import (
    Address,
    Capability,
    End,
    GiftOptions,
    LineEdit,
    LineExchange,
    RefundTo,
    StorePort,
    SubscriptionChange,
)
from madoguchi.edge.stores.demo.importing import import_shop
from madoguchi.edge.stores.demo.people import FANG, KENTA, MISAKI, YOKO, Story
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.edge.stores.demo.stories import THANKS
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.edge.stores.contract import Sample, StoreContract, Write, Wrong
from tests.edge.stores.demo import books, files

PORTLAND = Address(name="Ada Marsh", lines=("1 Quay", ""), city="Salem", region="OR", postal_code="97301", country="US")
SAPPORO = Address(
    name="佐藤 美咲", lines=("中央1-1",), city="札幌市中央区", region="北海道", postal_code="060-0001", country="JP"
)


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What of a fresh shop, where every order has its first version, the writes are about."""

    customer: str
    order: str  # can be changed in every way but its payment
    payment: str  # can be paid by another method
    shipped: str
    method: str  # on file of both orders' customers
    address: Address
    edit: LineEdit
    difference: Money
    items: dict[str, int]
    cost: Money
    wrapping: Money
    refund: tuple[str, Money]
    delivered: str
    exchange: LineExchange
    dearer: Money
    several: tuple[str, LineExchange, Money]  # of which order, two units of a line, and what they cost more
    pays: str
    presented: tuple[str, Money]
    gift: str = "none"
    membership: str = "none"
    delivery: str = "none"


def writes_to(at: Targets) -> Mapping[Capability, Write]:
    """A good write of each kind."""
    return {
        Capability.CANCEL: lambda store, key: store.cancel(key, at.order, 1, None, "no longer needed"),
        Capability.UPDATE_SHIPPING_ADDRESS: lambda store, key: store.update_shipping_address(
            key, at.order, 1, at.address
        ),
        Capability.EDIT_LINES: lambda store, key: store.edit_lines(
            key, at.order, 1, (at.edit,), at.method, at.difference
        ),
        Capability.CHANGE_PAYMENT: lambda store, key: store.change_payment(key, at.payment, 1, at.method),
        Capability.ADD_GIFT_OPTIONS: lambda store, key: store.add_gift_options(
            key, at.order, 1, GiftOptions(wrapping=True, noshi="内祝", noshi_name="佐藤"), at.method, at.wrapping
        ),
        Capability.APPLY_COUPON: lambda store, key: store.apply_coupon(key, at.order, 1, THANKS),
        Capability.REFUND: lambda store, key: store.refund(key, at.order, *at.refund, RefundTo.CREDIT),
        Capability.REFUND_GIFT: lambda store, key: store.refund_gift(key, at.gift, *at.presented, at.customer),
        Capability.ISSUE_CREDIT: lambda store, key: store.issue_credit(key, at.customer, at.refund[1], "お詫び"),
        Capability.CREATE_REPLACEMENT: lambda store, key: store.create_replacement(key, at.shipped, {"1": 1}, None),
        Capability.CREATE_RETURN: lambda store, key: store.create_return(key, at.delivered, 1, {"1": 1}, at.pays),
        Capability.CREATE_EXCHANGE: lambda store, key: store.create_exchange(
            key, at.delivered, 1, (at.exchange,), at.pays, at.dearer, hold=True
        ),
        Capability.RESTOCK: lambda store, key: store.restock(key, at.delivered, {"1": 1}),
        Capability.CREATE_ORDER: lambda store, key: store.create_order(
            key, at.customer, at.items, at.address, at.method, at.cost
        ),
        Capability.CHANGE_SUBSCRIPTION: lambda store, key: store.change_subscription(
            key, at.delivery, SubscriptionChange(skip=True)
        ),
        Capability.CANCEL_SUBSCRIPTION: lambda store, key: store.cancel_subscription(key, at.membership, End.NOW),
    }


class DemoContract(StoreContract):
    """What both shops share; `store_id` says which."""

    store_id: str

    @pytest.fixture
    def several(self, targets: Targets) -> Write:
        ref, edit, dearer = targets.several
        return lambda store, key: store.create_exchange(key, ref, 1, (edit,), targets.pays, dearer, hold=True)

    @pytest.fixture
    def writes(self, targets: Targets) -> Mapping[Capability, Write]:
        return writes_to(targets)

    @pytest.fixture
    def far(self, store_db: Database) -> Callable[[Faults], StorePort]:
        return lambda faults: DemoStore(store_db, self.store_id, faults)

    @pytest.fixture
    async def wrong(self, store: DemoStore, database_url: str) -> Wrong:
        opening = await books.opening(database_url)

        async def look() -> list[str]:
            moved = [] if await books.opening(database_url) == opening else ["balances"]
            return await books.wrong(database_url) + moved

        assert await look() == []
        return look


class TestLivingShop(DemoContract):
    store_id = "demo"

    @pytest.fixture
    def store(self, demo: DemoStore) -> DemoStore:
        return demo

    @pytest.fixture
    def sample(self) -> Sample:
        return Sample(
            customer=MISAKI.customer.ref,
            email=MISAKI.customer.email,
            cancellable=MISAKI.order(Story.CANCELLABLE),
            too_late=FANG.order(Story.SHIPPED),
            product="KETTLE",
            product_text="ケトル",
            reason="no longer needed",
        )

    @pytest.fixture
    def targets(self) -> Targets:
        return Targets(
            customer=MISAKI.customer.ref,
            order=MISAKI.order(Story.CANCELLABLE),
            payment=KENTA.order(Story.PENDING_PAYMENT),
            shipped=FANG.order(Story.SHIPPED),
            method="card",
            address=SAPPORO,
            edit=LineEdit(line_ref="1", sku="TOWEL-BL"),
            difference=Money(880, "JPY"),
            items={"LOTION-1": 1},
            cost=Money(2750, "JPY"),
            wrapping=Money(330, "JPY"),
            refund=("3", Money(700, "JPY")),
            delivered=MISAKI.order(Story.DELIVERED),
            exchange=LineExchange(line_ref="1", sku="SWEATER-L", units=1),
            dearer=Money(0, "JPY"),
            several=(
                MISAKI.order(Story.DELIVERED),
                LineExchange(line_ref="2", sku="TSHIRT-L", units=2),
                Money(0, "JPY"),
            ),
            pays="card",
            presented=("1", Money(700, "JPY")),
            gift=YOKO.order(Story.GIFT),
            membership="SUB-1000",
            delivery="SUB-1001",
        )


class TestCarefulShop(TestLivingShop):
    """It leaves refunds to us."""

    @pytest.fixture
    def store(self, careful: DemoStore) -> DemoStore:
        return careful


class TestRecordedShop(DemoContract):
    store_id = "retail"

    @pytest.fixture
    async def store(self, store_db: Database, tmp_path: Path) -> DemoStore:
        shop = files.shop()
        shop["orders"]["#A1"]["payment_history"] = [
            {"transaction_type": "payment", "amount": 105.05, "payment_method_id": "card1"}
        ]
        await import_shop(store_db, files.write(tmp_path, shop))
        return DemoStore(store_db, "retail")

    @pytest.fixture
    def sample(self) -> Sample:
        return Sample(
            customer="ada",
            email="ada.marsh@example.com",
            cancellable="#A1",
            too_late="#B2",
            product="P1",
            product_text="mug",
            reason="no longer needed",
        )

    @pytest.fixture
    def targets(self) -> Targets:
        return Targets(
            customer="ada",
            order="#A1",
            payment="#A1",
            shipped="#A2",
            method="paypal1",
            address=PORTLAND,
            edit=LineEdit(line_ref="2", sku="I2"),
            difference=Money(0, "USD"),
            items={"I2": 1},
            cost=Money(8005, "USD"),
            wrapping=Money(0, "USD"),
            refund=("1", Money(500, "USD")),
            delivered="#A2",
            exchange=LineExchange(line_ref="1", sku="I1", units=1),
            dearer=Money(0, "USD"),
            several=("#A2", LineExchange(line_ref="1", sku="I1", units=1), Money(0, "USD")),
            pays="paypal1",
            presented=("1", Money(700, "USD")),
        )

"""The recorded shop: read with care, loaded whole or not at all, and given back as it came."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from madoguchi.core.shop.port import Capability, LineExchange, OperationState, OrderState, TenderKind
from madoguchi.edge.stores.demo.importing import export_shop, import_shop
from madoguchi.edge.stores.demo.shopfiles import ImportRefused, cents, read_shop
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.kit.db import Database
from madoguchi.kit.money import Money
from tests.edge.stores.contract import everything, fresh_key
from tests.edge.stores.demo import files
from tests.edge.stores.demo.files import Files

TAU = Path(__file__).parents[5] / "shared/data/tau-bench-retail-v1"
needs_tau = pytest.mark.skipif(not TAU.is_dir(), reason=f"the public shop is not there: {TAU}")
REASON = "no longer needed"


def usd(amount: int) -> Money:
    return Money(amount, "USD")


async def imported(database: Database, folder: Path, shop: Files) -> DemoStore:
    await import_shop(database, files.write(folder, shop))
    return DemoStore(database, "retail")


# -- loading


@pytest.mark.parametrize("packed", [True, False])
async def test_it_comes_out_as_it_went_in(store_db: Database, tmp_path: Path, packed: bool) -> None:
    heard: list[tuple[int, int]] = []
    report = await import_shop(
        store_db, files.write(tmp_path, files.shop(), zipped=packed), lambda done, total: heard.append((done, total))
    )
    assert (report.orders, report.products, report.users, report.changed) == (4, 2, 2, True)
    assert heard == [(0, 4), (4, 4)]
    assert await export_shop(store_db) == files.shop()


async def test_how_words_are_mapped(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    customers, orders, _ = await everything(store)
    assert {(o.ref, o.status_text, o.state) for o in orders.values()} == {
        ("#A1", "pending", OrderState.PAID),
        ("#A2", "delivered", OrderState.DELIVERED),
        ("#B1", "cancelled", OrderState.CANCELLED),
        ("#B2", "processed", OrderState.PREPARING),
    }
    assert orders["#A2"].placed_at < orders["#A1"].placed_at
    first = orders["#A1"]
    assert [line.ref for line in first.lines] == ["1", "2", "3"]
    assert (first.total, first.shipping_fee, first.currency) == (usd(10505), usd(0), "USD")
    assert [(t.kind, t.label, t.captured) for t in first.tenders] == [
        (TenderKind.GIFT_BALANCE, "Gift card", usd(6000)),
        (TenderKind.CARD, "Visa ···· 4242", usd(4505)),
    ]
    assert [parcel.lines for parcel in orders["#A2"].shipments] == [{"1": 1}, {"2": 1}]
    assert orders["#B1"].tenders[0].refunded == usd(8005)
    ada = customers["ada"]
    assert (ada.name, ada.locale, ada.address and ada.address.country) == ("Ada Marsh", "en", "US")
    held = {one.method_ref: one.balance for one in ada.methods}
    assert held == {"gift1": usd(500), "card1": None, "paypal1": None}
    assert store.capabilities() == {
        Capability.CANCEL,
        Capability.REFUNDS,
        Capability.UPDATE_SHIPPING_ADDRESS,
        Capability.EDIT_LINES,
        Capability.CHANGE_PAYMENT,
        Capability.CREATE_RETURN,
        Capability.CREATE_EXCHANGE,
    }


@pytest.mark.parametrize(
    ("written", "amount"), [(0.0, 0), (12.5, 1250), (0.125, 13), (1311.9300000000003, 131193), (0.295, 30), (70, 7000)]
)
def test_amounts_are_rounded_half_up_from_their_digits(written: float, amount: int) -> None:
    assert cents(written) == amount


# -- again


async def test_the_same_files_change_nothing(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    operation = await store.cancel(fresh_key(), "#A1", 1, None, REASON)
    assert operation.state is OperationState.SUCCEEDED
    then = await everything(store)
    assert not (await import_shop(store_db, tmp_path)).changed
    assert await everything(store) == then


async def test_other_files_give_every_order_its_next_version(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    _, _, cursor = await everything(store)
    changed = files.shop()
    changed["orders"]["#A1"]["address"] = {**changed["orders"]["#A1"]["address"], "zip": "97202"}
    assert (await import_shop(store_db, files.write(tmp_path, changed))).changed
    assert await export_shop(store_db) == changed
    page = await store.changes_since(cursor)
    assert {order.ref: order.version for order in page.orders} == dict.fromkeys(("#A1", "#A2", "#B1", "#B2"), 2)


async def test_other_files_do_not_undo_what_was_done_here(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    await store.cancel(fresh_key(), "#A1", 1, None, REASON)
    then = await everything(store)
    changed = files.shop()
    changed["users"]["ben"]["email"] = "ben@example.com"
    with pytest.raises(ImportRefused, match="1 order"):
        await import_shop(store_db, files.write(tmp_path, changed))
    assert await everything(store) == then


async def test_files_that_lack_an_order_are_refused(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    then = await everything(store)
    fewer = files.shop()
    del fewer["orders"]["#B1"]
    fewer["users"]["ben"]["orders"] = ["#B2"]
    with pytest.raises(ImportRefused, match="#B1"):
        await import_shop(store_db, files.write(tmp_path, fewer))
    assert await everything(store) == then


# -- cancelling there


async def test_cancelling_gives_back_every_payment(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    operation = await store.cancel(fresh_key(), "#A1", 1, None, "ordered by mistake")
    assert operation.refunds == {"1": usd(6000), "2": usd(4505)}
    expected = files.shop()
    order = expected["orders"]["#A1"]
    order |= {"status": "cancelled", "cancel_reason": "ordered by mistake"}
    order["payment_history"] += [{**payment, "transaction_type": "refund"} for payment in order["payment_history"]]
    expected["users"]["ada"]["payment_methods"]["gift1"]["balance"] = 65
    assert await export_shop(store_db) == expected


@pytest.mark.parametrize(
    ("ref", "lines", "reason", "code"),
    [
        ("#A1", None, "takes too long", "invalid"),
        ("#A1", {"1": 1}, REASON, "invalid"),
        ("#A2", None, REASON, "too_late"),
        ("#B2", None, REASON, "too_late"),
        ("#B1", None, REASON, "invalid"),
    ],
)
async def test_only_whole_pending_orders_for_two_reasons(
    store_db: Database, tmp_path: Path, ref: str, lines: dict[str, int] | None, reason: str, code: str
) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    operation = await store.cancel(fresh_key(), ref, 1, lines, reason)
    assert (operation.state, operation.code) == (OperationState.FAILED, code)
    assert await export_shop(store_db) == files.shop()


# -- what comes back


async def test_a_return_stands_in_the_files(store_db: Database, tmp_path: Path) -> None:
    store = await imported(store_db, tmp_path, files.shop())
    operation = await store.create_return(fresh_key(), "#A2", 1, {"2": 1, "1": 1}, "gift1")
    assert (operation.state, operation.refunds) == (OperationState.SUCCEEDED, {})
    expected = files.shop()
    expected["orders"]["#A2"] |= {
        "status": "return requested",
        "return_items": ["I1", "I1"],
        "return_payment_method_id": "gift1",
    }
    assert await export_shop(store_db) == expected


async def test_an_exchange_stands_in_the_files(store_db: Database, tmp_path: Path) -> None:
    shop = files.shop()
    shop["products"]["P1"]["variants"]["I3"] |= {"available": True, "price": 10.25}
    store = await imported(store_db, tmp_path, shop)
    edits = (LineExchange(line_ref="1", sku="I3", units=1), LineExchange(line_ref="2", sku="I1", units=1))
    operation = await store.create_exchange(fresh_key(), "#A2", 1, edits, "paypal1", usd(-225), hold=True)
    assert (operation.state, operation.refunds, operation.created) == (OperationState.SUCCEEDED, {}, None)
    shop["orders"]["#A2"] |= {
        "status": "exchange requested",
        "exchange_items": ["I1", "I1"],
        "exchange_new_items": ["I1", "I3"],
        "exchange_payment_method_id": "paypal1",
        "exchange_price_difference": -2.25,
    }
    assert await export_shop(store_db) == shop


# -- broken files


def _set(*path: str | int, to: Any) -> Callable[[Files], None]:
    def spoil(shop: Files) -> None:
        at: Any = shop
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return spoil


def _drop(*path: str | int) -> Callable[[Files], None]:
    def spoil(shop: Files) -> None:
        at: Any = shop
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return spoil


SPOILT = {
    "a missing key": (_drop("orders", "#A1", "items", 0, "price"), "orders.json.gz: #A1: .*`price`.*items"),
    "an unknown key": (_set("orders", "#A1", "colour", to="red"), "orders.json.gz: #A1: .*`colour`"),
    "a text for a number": (_set("orders", "#A1", "items", 0, "price", to="12.5"), "orders.json.gz: #A1: .*float"),
    "a truth for a number": (_set("orders", "#A1", "items", 0, "price", to=True), "orders.json.gz: #A1: .*bool"),
    "a negative price": (_set("orders", "#A1", "items", 0, "price", to=-1), "orders.json.gz: #A1: "),
    "an enormous price": (_set("orders", "#A1", "items", 0, "price", to=1e300), "orders.json.gz: #A1: "),
    "an infinite price": (_set("orders", "#A1", "items", 0, "price", to=float("inf")), "orders.json.gz: .*Infinity"),
    "a number beyond all": (_set("orders", "#A1", "items", 0, "price", to=10**400), "orders.json.gz: #A1: "),
    "an unknown status": (_set("orders", "#A1", "status", to="lost"), "orders.json.gz: #A1: .*status"),
    "no items": (_set("orders", "#A1", "items", to=[]), "orders.json.gz: #A1: .*items"),
    "another id": (_set("orders", "#A1", "order_id", to="#A9"), "orders.json.gz: #A1: its order_id is #A9"),
    "an unknown user": (_set("orders", "#A1", "user_id", to="zoe"), "users.json.gz: ada: the order #A1"),
    "an unknown item": (_set("orders", "#A1", "items", 0, "item_id", to="I9"), "orders.json.gz: #A1: .*I9"),
    "another product's item": (_set("orders", "#A1", "items", 0, "product_id", to="P2"), "orders.json.gz: #A1: .*P2"),
    "an unknown payment method": (
        _set("orders", "#A1", "payment_history", 0, "payment_method_id", to="gift2"),
        "orders.json.gz: #A1: the payment method gift2",
    ),
    "too large a refund": (
        _set("orders", "#B1", "payment_history", 1, "amount", to=80.06),
        "orders.json.gz: #B1: a refund to gift2",
    ),
    "a parcel with something else": (
        _set("orders", "#A2", "fulfillments", 0, "item_ids", to=["I2"]),
        "orders.json.gz: #A2: the item I2",
    ),
    "an order that no user has": (_set("users", "ada", "orders", to=["#A2"]), "users.json.gz: ada: the order #A1"),
    "an order that is not there": (_drop("orders", "#A1"), "users.json.gz: ada: the order #A1"),
    "an order twice": (_set("users", "ada", "orders", to=["#A2", "#A1", "#A1"]), "users.json.gz: ada: an order"),
    "an unknown payment source": (
        _set("users", "ada", "payment_methods", "gift1", "source", to="cheque"),
        "users.json.gz: ada: .*source",
    ),
    "another payment method's id": (
        _set("users", "ada", "payment_methods", "gift1", "id", to="gift9"),
        "users.json.gz: ada: the payment method gift1",
    ),
    "another country": (_set("users", "ada", "address", "country", to="Narnia"), "users.json.gz: ada: .*country"),
    "another variant's id": (
        _set("products", "P1", "variants", "I1", "item_id", to="I9"),
        "products.json.gz: P1: the variant I1",
    ),
    "a variant in two products": (
        _set("products", "P2", "variants", "I1", to=files.shop()["products"]["P1"]["variants"]["I1"]),
        "products.json.gz: P2: the variant I1",
    ),
    "a text that cannot be stored": (_set("users", "ada", "email", to="ada\0@example.com"), "cannot be stored"),
    "half a character": (_set("users", "ada", "email", to="ada\ud800@example.com"), "cannot be stored"),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_what_cannot_be_is_refused_whole(store_db: Database, tmp_path: Path, name: str) -> None:
    spoil, sentence = SPOILT[name]
    shop = files.shop()
    spoil(shop)
    with pytest.raises(ImportRefused, match=sentence) as refusal:
        await import_shop(store_db, files.write(tmp_path, shop))
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_code == 65
    assert await store_db.run(ASKER, lambda tx: tx.value("select count(*) from shops")) == 0


def zipped(content: bytes) -> bytes:
    """The same bytes at any time."""
    return gzip.compress(content, mtime=0)


BROKEN = {
    "not gzip": (b"not gzip at all", "orders.json.gz: is not a whole gzip file"),
    "gzip without its end": (zipped(b"{}")[:-6], "orders.json.gz: is not a whole gzip file"),
    "half of the gzip": (
        zipped(json.dumps(files.shop()["orders"]).encode())[:40],
        "orders.json.gz: is not a whole gzip file",
    ),
    "half of the JSON": (zipped(b'{"#A1": '), "orders.json.gz: is not JSON at line 1, column 9"),
    "a list": (zipped(b"[]"), "orders.json.gz: must be one object"),
    "nothing": (zipped(b""), "orders.json.gz: is not JSON"),
    "an id twice": (zipped(b'{"a": {}, "a": {}}'), "orders.json.gz: has a twice"),
    "not a number": (zipped(b'{"a": NaN}'), "orders.json.gz: has NaN"),
    "another encoding": (zipped(b'{"\xff": 1}'), "orders.json.gz: is not UTF-8 at byte 2"),
    "too deep": (zipped(b"[" * 200_000), "orders.json.gz: is not JSON"),
    "an empty record": (zipped(b'{"a": null}'), "orders.json.gz: a: .*object"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named(tmp_path: Path, name: str) -> None:
    content, sentence = BROKEN[name]
    files.write(tmp_path, files.shop())
    (tmp_path / "orders.json.gz").write_bytes(content)
    with pytest.raises(ImportRefused, match=sentence) as refusal:
        read_shop(tmp_path)
    assert "\n" not in str(refusal.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    files.write(tmp_path, files.shop())
    (tmp_path / "users.json.gz").unlink()
    with pytest.raises(ImportRefused, match=r"neither users\.json\.gz nor users\.json"):
        read_shop(tmp_path)
    (tmp_path / "users.json.gz").mkdir()
    with pytest.raises(ImportRefused, match=r"users\.json\.gz: cannot be read"):
        read_shop(tmp_path)


# -- the public shop


def public(name: str) -> dict[str, Any]:
    return dict(json.loads(gzip.decompress((TAU / f"{name}.json.gz").read_bytes())))


def to_the_cent(value: Any) -> Any:
    """The value with every number in whole cents, which is how the shop is compared."""
    if isinstance(value, dict):
        return {key: to_the_cent(one) for key, one in value.items()}
    if isinstance(value, list):
        return [to_the_cent(one) for one in value]
    return cents(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


@needs_tau
async def test_the_public_shop_value_by_value(store_db: Database) -> None:
    report = await import_shop(store_db, TAU)
    assert (report.orders, report.users) == (1000, 500)
    exported = await export_shop(store_db)
    for name in ("orders", "products", "users"):
        assert to_the_cent(exported[name]) == to_the_cent(public(name))
    assert not (await import_shop(store_db, TAU)).changed


def cancellations() -> list[dict[str, Any]]:
    """Tasks whose only writes are cancellations, of users that no other such task touches."""
    tasks: list[dict[str, Any]] = []
    for name in ("tasks_train", "tasks_dev"):
        tasks += map(json.loads, gzip.decompress((TAU / f"{name}.jsonl.gz").read_bytes()).splitlines())
    found: dict[str, dict[str, Any]] = {}
    for task in tasks:
        if task["actions"] and all(a["name"] == "cancel_pending_order" and a["ok"] for a in task["actions"]):
            found.setdefault(task["user_id"], task)
    return list(found.values())


@needs_tau
async def test_cancellations_there_leave_exactly_the_right_difference(store_db: Database) -> None:
    await import_shop(store_db, TAU)
    store = DemoStore(store_db, "retail")
    expected = {name: public(name) for name in ("orders", "products", "users")}
    tasks = cancellations()
    assert len(tasks) >= 10
    for task in tasks:
        for action in task["actions"]:
            asked = action["kwargs"]
            order = await store.get_order(asked["order_id"])
            assert order
            operation = await store.cancel(fresh_key(), order.ref, order.version, None, asked["reason"])
            assert operation.state is OperationState.SUCCEEDED
        for name, records in task["expected_delta"].items():
            expected[name] |= records
    exported = await export_shop(store_db)
    for name, records in expected.items():
        assert to_the_cent(exported[name]) == to_the_cent(records)

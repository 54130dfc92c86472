"""Every cell of the cancel and change matrix of docs/guides/associate.md, from the quote to the books of the shop.

One order for each cell: quoted, confirmed, carried out, asked of the warehouse where that has a word, paid back. Then
what each came to is compared with the table, and the shop's order and our ledger with what that means.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.people import queries as people
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import StoreOrder
from madoguchi.edge.stores.demo import baskets, stories
from madoguchi.edge.stores.demo.contents import Contents, Placed
from madoguchi.edge.stores.demo.people import (
    CARD,
    INVOICE,
    KONBINI,
    KONBINI_UNPAID,
    MISAKI,
    NamedOrder,
    Pay,
    Person,
    Story,
)
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.edge.stores.demo.verbs import fill
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from tests.service.orders.changing import offered
from tests.service.orders.changing import order_of as shown
from tests.service.orders.shop import Shop

BASKET = {"TOWEL-BE": 1, "LOTION-1": 1}
ELSEWHERE = {
    "name": "佐藤 美咲",
    "postal_code": "060-0001",
    "region": "北海道",
    "city": "札幌市中央区",
    "lines": ["中央1-1"],
}
LATE = "asked:store_too_late"  # the warehouse had it ready


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands, and what each wish comes to: done, asked:<how that ended>, or the code of the refusal."""

    story: Story
    pay: Pay = CARD
    items: Mapping[str, int] = msgspec.field(default_factory=lambda: BASKET)
    may_stop: bool = True
    cells: str


WISHES = ("cancel", "cancel_line", "address", "items", "payment", "gift", "coupon", "reorder")
MATRIX = {
    "pending payment": State(
        story=Story.PENDING_PAYMENT, pay=KONBINI_UNPAID, cells="done done done done done done done done"
    ),
    "paid": State(story=Story.CANCELLABLE, cells="done done done done done done done done"),
    "paid in cash": State(
        story=Story.CANCELLABLE, pay=KONBINI, cells="done done done done payment_by_hand done done done"
    ),
    "past the cut-off": State(
        story=Story.EXPRESS, cells="asked:done asked:done asked:done items_too_late done asked:done done done"
    ),
    "past the cut-off, too late": State(
        story=Story.EXPRESS, may_stop=False, cells=f"{LATE} {LATE} {LATE} items_too_late done {LATE} done done"
    ),
    "preparing": State(
        story=Story.PREPARING,
        cells="asked:done asked:done asked:done items_too_late payment_too_late asked:done done done",
    ),
    "preparing, too late": State(
        story=Story.PREPARING_TOO_LATE,
        may_stop=False,
        cells=f"{LATE} {LATE} {LATE} items_too_late payment_too_late {LATE} done done",
    ),
    "partly shipped": State(
        story=Story.PARTLY_SHIPPED,
        items={"LOTION-1": 1, "TOWEL-BE": 1},  # the lotion is on its way
        cells="done done done done payment_too_late gift_options_too_late coupon_too_late done",
    ),
    "shipped": State(
        story=Story.SHIPPED,
        cells="cancel_shipped cancel_shipped asks_carrier items_too_late payment_too_late gift_options_too_late "
        "coupon_too_late done",
    ),
    "delivered": State(
        story=Story.DELIVERED,
        cells="cancel_delivered cancel_delivered address_delivered items_delivered payment_too_late "
        "gift_options_too_late coupon_too_late done",
    ),
    "cancelled": State(
        story=Story.CANCELLED,
        cells="cancel_already cancel_already order_cancelled order_cancelled order_cancelled order_cancelled "
        "order_cancelled done",
    ),
    "digital": State(
        story=Story.DIGITAL,
        items={"EBOOK-1": 2},
        cells="cancel_delivered cancel_delivered address_digital items_delivered payment_too_late "
        "gift_options_too_late coupon_too_late done",
    ),
    "digital, opened": State(
        story=Story.DIGITAL_OPENED,
        items={"EBOOK-1": 2},
        cells="cancel_digital_opened cancel_digital_opened address_digital items_delivered payment_too_late "
        "gift_options_too_late coupon_too_late done",
    ),
    "custom made": State(
        story=Story.CUSTOM_MADE,
        items={"PEN-F": 1},
        cells="cancel_custom_made cancel_custom_made done items_custom_made done done done reorder_custom_made",
    ),
    "gift": State(
        story=Story.GIFT,
        cells="cancel_asks_person cancel_asks_person change_asks_person change_asks_person payment_too_late done done "
        "done",
    ),
    "corporate": State(
        story=Story.CORPORATE,
        pay=INVOICE,
        cells="cancel_asks_person cancel_asks_person change_asks_person change_asks_person payment_too_late "
        "change_asks_person change_asks_person change_asks_person",
    ),
}


class Cell(msgspec.Struct, kw_only=True):
    """One wish about one order, and how far it came."""

    state: str
    wish: str
    actor: Actor
    order_id: UUID
    before: StoreOrder
    told: str = ""
    request: Request | None = None


async def test_every_cell_of_the_matrix(demo: Shop, now: datetime) -> None:
    cells = await opened(demo, now)
    for cell in cells:
        await begin(demo, cell)
    await demo.work()
    for cell in cells:
        await look(demo, cell)
    with clock.frozen(now + timedelta(minutes=1)):
        await demo.store.tick(clock.now())
        await demo.work()
        for cell in cells:
            await look(demo, cell)
        await demo.refund()
        await demo.healthy()
        for cell in cells:
            await compare(demo, cell)
    expected = {
        (name, wish): told
        for name, state in MATRIX.items()
        for wish, told in zip(WISHES, state.cells.split(), strict=True)
    }
    assert {(cell.state, cell.wish): cell.told for cell in cells} == expected


async def opened(demo: Shop, now: datetime) -> list[Cell]:
    """A customer for each state, with an order for each wish."""
    crowd = {
        name: replace(MISAKI.customer, ref=f"CU-9{number:03d}", email=f"state{number}@example.jp")
        for number, name in enumerate(MATRIX)
    }
    orders: dict[tuple[str, str], Placed] = {}
    for row, (name, state) in enumerate(MATRIX.items()):
        for column, wish in enumerate(WISHES):
            named = NamedOrder(
                ref=f"MD-99{row:03d}{column:03d}", story=state.story, items=state.items, pay=(state.pay,)
            )
            telling = stories.Telling(Person(customer=crowd[name]), named, now)
            orders[name, wish] = replace(stories.tell(telling), plan=Plan(may_stop=state.may_stop))
    contents = Contents(
        customers=tuple(crowd.values()),
        methods=tuple(method for one in crowd.values() for method in baskets.methods(one, 50_000, 0)),
        coupons=tuple(held for one in crowd.values() for held in stories.coupons(one, now)),
        orders=tuple(orders.values()),
    )

    async def work(tx: Tx) -> None:
        await tx.execute("update variants set stock = 500, available = true where stock is not null")
        await fill(tx, DEMO, contents)

    await demo.store_db.run(ASKER, work)
    await mirror.follow(demo.db, demo.store)
    actors = {name: await signed_in(demo, one.ref) for name, one in crowd.items()}
    return [
        Cell(
            state=name,
            wish=wish,
            actor=actors[name],
            order_id=await id_of(demo, placed.order.ref),
            before=await shown(demo, placed.order.ref),
        )
        for (name, wish), placed in orders.items()
    ]


async def begin(demo: Shop, cell: Cell) -> None:
    """Quote and confirm it, or hear why not."""
    action, more = asked(cell)
    try:
        quote = await demo.quote(cell.actor, cell.order_id, action, **more)
        cell.request = await demo.confirm(cell.actor, quote)
    except Refused as refused:
        cell.told = refused.code
        offer = (await offered(demo, cell.before.ref, (cell.actor, cell.order_id))).get(action)
        if offer and refused.code == "field_unknown":  # what has no other kinds
            cell.told = offer.code
        assert offer is None or offer.code == cell.told, "whoever looks and whoever asks hear the same"


def asked(cell: Cell) -> tuple[str, dict[str, Any]]:
    """The action of a wish, with what is filled in."""
    match cell.wish:
        case "cancel":
            return "order.cancel", {}
        case "cancel_line":
            return "order.cancel", {"lines": {cell.before.lines[-1].ref: 1}}
        case "address":
            return "order.change_address", {"address": ELSEWHERE}
        case "items":
            return "order.change_items", {"items": another_kind(cell.before), "method_ref": "gift_balance"}
        case "payment":
            return "order.change_payment", {"method_ref": "gift_balance"}
        case "gift":
            return "order.add_gift_options", {"method_ref": "gift_balance"}
        case "coupon":
            return "order.apply_coupon", {"code": stories.THANKS}
        case _:
            lines = {line.ref: line.quantity for line in cell.before.lines}
            address = msgspec.to_builtins(cell.before.address)
            return "order.reorder", {"lines": lines, "method_ref": "card", "address": address}


async def look(demo: Shop, cell: Cell) -> None:
    """How far it is now."""
    if cell.request is None or cell.told not in {"", "asked"}:
        return
    cell.request = await demo.settled(cell.request)
    if cell.request.state is RequestState.ASKED:
        cell.told = "asked"
    elif cell.request.state is RequestState.DONE:
        cell.told = f"{cell.told}:done".strip(":")
    else:
        code = cell.request.outcome.code if cell.request.outcome else None
        cell.told = f"{cell.told}:{code}".strip(":")


async def compare(demo: Shop, cell: Cell) -> None:
    """The shop did what was told and nothing else, and our ledger says the same."""
    after = await shown(demo, cell.before.ref)
    changed = DONE[cell.wish](cell.before, after)
    assert changed is (cell.told in {"done", "asked:done"} and cell.wish != "reorder"), (cell.state, cell.wish)
    if cell.request is None:
        assert after == cell.before, (cell.state, cell.wish)
    units = await demo.db.run(SYSTEM, lambda tx: ledger.lines(tx, cell.order_id))
    assert {ref: line.cancelled for ref, line in units.items()} == {line.ref: line.cancelled for line in after.lines}
    money = await demo.db.run(SYSTEM, lambda tx: ledger.tenders(tx, cell.order_id))
    assert {ref: (one.captured, one.refunded, one.reserved) for ref, one in money.items()} == {
        tender.ref: (tender.captured.amount, tender.refunded.amount, 0) for tender in after.tenders
    }, (cell.state, cell.wish)
    assert money_due(after) == sum((t.amount - t.refunded).amount for t in after.tenders), (cell.state, cell.wish)
    if cell.wish == "reorder" and cell.told == "done":
        await the_same_came_again(demo, cell)


async def the_same_came_again(demo: Shop, cell: Cell) -> None:
    """A new order with the same goods, paid by the card."""
    assert cell.request
    assert cell.request.outcome
    assert cell.request.outcome.slip
    new = await shown(demo, str(cell.request.outcome.slip.facts[0].words))
    assert {line.sku: line.quantity for line in new.lines} == {line.sku: line.quantity for line in cell.before.lines}
    assert (new.total, new.tenders[0].captured) == (cell.before.total, cell.before.total)


def was_cancelled(before: StoreOrder, after: StoreOrder) -> bool:
    """Whether all that had not left the warehouse was taken back."""
    taken = {new.ref: new.cancelled - old.cancelled for old, new in zip(before.lines, after.lines, strict=True)}
    wanted = {line.ref: line.quantity - line.cancelled - line.shipped for line in before.lines}
    assert taken in (wanted, dict.fromkeys(taken, 0))
    return any(taken.values())


def line_was_cancelled(before: StoreOrder, after: StoreOrder) -> bool:
    """Whether the last line was taken back, and it alone."""
    assert [line.cancelled for line in after.lines[:-1]] == [line.cancelled for line in before.lines[:-1]]
    return after.lines[-1].cancelled > before.lines[-1].cancelled


def became_cheaper(before: StoreOrder, after: StoreOrder) -> bool:
    """Whether the coupon was taken off, once."""
    assert after.total == before.total - (Money(500, "JPY") if after.coupon else Money(0, "JPY"))
    return after.coupon == stories.THANKS


def money_due(order: StoreOrder) -> int:
    """What the units that were not cancelled cost, with the fees as long as there are any."""
    kept = [line for line in order.lines if line.quantity > line.cancelled]
    worth = sum(line.total.amount * (line.quantity - line.cancelled) // line.quantity for line in kept)
    return worth + (order.fees.amount if kept else 0)


DONE: Mapping[str, Callable[[StoreOrder, StoreOrder], bool]] = {
    "cancel": was_cancelled,
    "cancel_line": line_was_cancelled,
    "address": lambda before, after: after.address.city == ELSEWHERE["city"] != before.address.city,
    "items": lambda before, after: "TOWEL-BL" in {line.sku for line in after.lines},
    "payment": lambda before, after: after.tenders[-1].method_ref == "gift_balance",
    "gift": lambda before, after: after.gift is not None and after.gift_fee == Money(330, "JPY"),
    "coupon": became_cheaper,
    "reorder": lambda before, after: after != before,
}


def another_kind(order: StoreOrder) -> dict[str, str]:
    """The towels in blue; nothing else here comes in other kinds."""
    return {line.ref: "TOWEL-BL" for line in order.lines if line.sku == "TOWEL-BE"} or {"1": "none"}


async def signed_in(demo: Shop, customer_ref: str) -> Actor:
    customer = await demo.db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, "demo", customer_ref))
    assert customer
    return Actor(role=Role.CUSTOMER, id=customer.id, level=Level.SIGNED_IN, store_id="demo", session=ids.uuid7())


async def id_of(demo: Shop, ref: str) -> UUID:
    order_id = await demo.db.run(SYSTEM, lambda tx: shop.order_id_of(tx, "demo", ref))
    assert order_id
    return order_id

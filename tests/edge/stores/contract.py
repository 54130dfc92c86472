"""What every store adapter must do, whatever shop stands behind it: subclass StoreContract and give it fixtures."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import uuid4

import msgspec
import pytest

from madoguchi.core.shop.port import (
    Capability,
    Failure,
    Operation,
    OperationState,
    OrderState,
    Product,
    StoreCustomer,
    StoreOrder,
    StorePort,
    StoreUnavailable,
)
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money, total

Write = Callable[[StorePort, str], Awaitable[Operation]]  # asks a store for something good, under a key
Wrong = Callable[[], Awaitable[list[str]]]  # what does not add up in the shop's books
# how a shop behaves, not something to ask for by itself
CONDUCT = frozenset({Capability.CANCEL_LINES, Capability.REFUNDS, Capability.RELEASE_LINES})


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop behind the adapter has for the tests to use."""

    customer: str
    email: str
    cancellable: str  # an order that can be cancelled at once, whole, all of it paid
    too_late: str
    product: str
    product_text: str
    reason: str


def fresh_key() -> str:
    """A key as our executor makes them."""
    return str(uuid4())


async def everything(store: StorePort, limit: int = 200) -> tuple[dict[str, StoreCustomer], dict[str, StoreOrder], str]:
    """All customers and orders by reading changes from the beginning, and the last cursor."""
    customers: dict[str, StoreCustomer] = {}
    orders: dict[str, StoreOrder] = {}
    cursor, more = "", True
    while more:
        page = await store.changes_since(cursor, limit)
        customers |= {customer.ref: customer for customer in page.customers}
        for order in page.orders:
            assert order.customer_ref in customers, "a customer comes before the orders"
            orders[order.ref] = order
        cursor, more = page.cursor, page.more
    return customers, orders, cursor


class StoreContract:
    """Needs the fixtures `store` (StorePort), `sample` (Sample) and `db` (any Database of ours).

    And for the writes: `writes` (by capability, each good for a fresh shop), `far` (the same shop behind faults), and
    `wrong` (what does not add up in its books).
    """

    async def test_changes_tell_everything_once(self, store: StorePort) -> None:
        customers, orders, cursor = await everything(store)
        assert customers
        assert orders
        again = await store.changes_since(cursor)
        assert (again.customers, again.orders, again.more, again.cursor) == ((), (), False, cursor)
        assert await everything(store, limit=7) == (customers, orders, cursor)

    async def test_changes_tell_of_goods_too(self, store: StorePort, sample: Sample) -> None:
        told: dict[str, Product] = {}
        cursor, more = "", True
        while more:
            page = await store.changes_since(cursor, 7)
            told |= {product.ref: product for product in page.products}
            cursor, more = page.cursor, page.more
        assert told[sample.product] == await store.get_product(sample.product)

    async def test_every_page_of_changes_tells_the_terms(self, store: StorePort) -> None:
        first = await store.changes_since("", 7)
        assert first.terms == (await store.changes_since(first.cursor)).terms
        assert first.terms is not None or Capability.CREATE_ORDER not in store.capabilities()
        by_parts = first.terms is not None and first.terms.releases_lines
        assert by_parts == (Capability.RELEASE_LINES in store.capabilities())

    async def test_one_order_is_as_the_changes_tell_it(self, store: StorePort, sample: Sample) -> None:
        _, orders, _ = await everything(store)
        assert await store.get_order(sample.cancellable) == orders[sample.cancellable]
        assert await store.get_order("no such order") is None

    async def test_customers(self, store: StorePort, sample: Sample) -> None:
        customer = await store.get_customer(sample.customer)
        assert customer is not None
        assert list(await store.find_customers(sample.email.upper())) == [customer]
        assert list(await store.find_customers("nobody@example.invalid")) == []
        assert await store.get_customer("nobody") is None
        assert all(held.label for held in customer.methods)

    async def test_products(self, store: StorePort, sample: Sample) -> None:
        product = await store.get_product(sample.product)
        assert product is not None
        assert product in await store.search_products(sample.product_text)
        assert list(await store.search_products("%no_such_thing%")) == []
        assert await store.get_product("no such thing") is None

    async def test_cancel_gives_all_money_back_or_leaves_it_to_us(self, store: StorePort, sample: Sample) -> None:
        _, _, cursor = await everything(store)
        before = await store.get_order(sample.cancellable)
        assert before is not None
        key = fresh_key()
        operation = await store.cancel(key, before.ref, before.version, None, sample.reason)
        assert (operation.key, operation.state, operation.code) == (key, OperationState.SUCCEEDED, None)
        after = operation.order
        assert after is not None
        assert after == await store.get_order(before.ref)
        assert after.state is OrderState.CANCELLED
        assert after.version > before.version
        assert all(line.cancelled == line.quantity for line in after.lines)
        given = total(list(operation.refunds.values()), before.currency)
        assert given == (before.total if Capability.REFUNDS in store.capabilities() else Money(0, before.currency))
        assert {t.ref: t.refunded for t in after.tenders if t.refunded} == operation.refunds
        assert await store.get_operation(key) == operation
        assert (await store.changes_since(cursor)).orders == (after,)

    async def test_the_same_key_has_one_effect_and_one_answer(self, store: StorePort, sample: Sample) -> None:
        order = await store.get_order(sample.cancellable)
        assert order is not None
        key = fresh_key()
        answers = await asyncio.gather(
            *(store.cancel(key, order.ref, order.version, None, sample.reason) for _ in range(20))
        )
        assert answers == [answers[0]] * 20
        assert answers[0].state is OperationState.SUCCEEDED
        assert answers[0].order is not None
        assert answers[0].order.version == order.version + 1

    async def test_of_two_keys_one_wins(self, store: StorePort, sample: Sample) -> None:
        order = await store.get_order(sample.cancellable)
        assert order is not None
        answers = await asyncio.gather(
            *(store.cancel(fresh_key(), order.ref, order.version, None, sample.reason) for _ in range(2))
        )
        assert sorted((a.state.value, a.code) for a in answers) == [("failed", "version_changed"), ("succeeded", None)]

    async def test_a_key_means_one_request(self, store: StorePort, sample: Sample) -> None:
        order, other = await store.get_order(sample.too_late), await store.get_order(sample.cancellable)
        assert order is not None
        assert other is not None
        key = fresh_key()
        await store.cancel(key, order.ref, order.version, None, sample.reason)
        answer = await store.cancel(key, other.ref, other.version, None, sample.reason)
        assert (answer.state, answer.code) == (OperationState.FAILED, "invalid")
        assert await store.get_order(other.ref) == other

    async def test_refusals_change_nothing(self, store: StorePort, sample: Sample) -> None:
        before = await everything(store)
        late, good = before[1][sample.too_late], before[1][sample.cancellable]
        asked = (
            ("too_late", late.ref, late.version),
            ("version_changed", good.ref, good.version + 1),
            ("not_found", "no such order", 1),
        )
        for code, ref, version in asked:
            key = fresh_key()
            operation = await store.cancel(key, ref, version, None, sample.reason)
            assert (operation.state, operation.code, operation.refunds) == (OperationState.FAILED, code, {})
            assert await store.get_operation(key) == operation
        assert await everything(store) == before

    async def test_an_unknown_key_was_never_seen(self, store: StorePort) -> None:
        assert await store.get_operation(fresh_key()) is None

    async def test_no_call_inside_a_transaction_of_ours(self, store: StorePort, sample: Sample, db: Database) -> None:
        class Us:
            key = "system"

        with pytest.raises(RuntimeError):
            await db.run(Us(), lambda tx: store.get_order(sample.cancellable))

    # -- every write

    async def test_there_is_a_write_for_each_capability(self, writes: Mapping[Capability, Write]) -> None:
        assert writes.keys() == set(Capability) - CONDUCT

    @pytest.mark.parametrize("capability", sorted(set(Capability) - CONDUCT))
    async def test_a_write_happens_once_and_is_told(
        self, store: StorePort, writes: Mapping[Capability, Write], wrong: Wrong, capability: Capability
    ) -> None:
        if capability not in store.capabilities():
            await self._refused(store, writes[capability])
            return
        _, before, cursor = await everything(store)
        key = fresh_key()
        answers = await asyncio.gather(*(writes[capability](store, key) for _ in range(5)))
        first = answers[0]
        assert answers == [first] * 5
        assert (first.state, first.code) == (OperationState.SUCCEEDED, None)
        assert await store.get_operation(key) == first
        told = await store.changes_since(cursor)
        assert first.order is None or first.order in told.orders
        assert first.customer
        assert await store.get_customer(first.customer.ref) == first.customer
        if first.order is None or first.order.ref not in before:
            assert first.created or first.customer in told.customers
        else:
            assert first.order.version == before[first.order.ref].version + 1
        assert await wrong() == []

    async def _refused(self, store: StorePort, write: Write) -> None:
        world = await everything(store)
        operation = await write(store, fresh_key())
        assert (operation.state, operation.code) == (OperationState.FAILED, Failure.NOT_SUPPORTED)
        assert await everything(store) == world

    @pytest.mark.parametrize("capability", sorted(set(Capability) - CONDUCT))
    async def test_a_write_survives_the_way(
        self,
        store: StorePort,
        far: Callable[[Faults], StorePort],
        writes: Mapping[Capability, Write],
        wrong: Wrong,
        capability: Capability,
    ) -> None:
        """Timed out: nothing happened. Lost: it did, and asking again finds it. Twice, slow: once."""
        write, key = writes[capability], fresh_key()
        with pytest.raises(StoreUnavailable):
            await write(far(Faults(timed_out=1.0)), key)
        assert await store.get_operation(key) is None
        with pytest.raises(StoreUnavailable):
            await write(far(Faults(lost=1.0)), key)
        known = await store.get_operation(key)
        assert known
        world = await everything(store)
        assert await write(far(Faults(twice=1.0, slow_ms=5)), key) == known
        assert await everything(store) == world
        assert await wrong() == []

    async def test_a_key_means_one_write(self, store: StorePort, writes: Mapping[Capability, Write]) -> None:
        key = fresh_key()
        await writes[Capability.CHANGE_PAYMENT](store, key)
        world = await everything(store)
        for capability in set(writes) - {Capability.CHANGE_PAYMENT}:
            answer = await writes[capability](store, key)
            assert (answer.state, answer.code) == (OperationState.FAILED, Failure.INVALID)
        assert await everything(store) == world

    async def test_what_is_held_goes_out_once(
        self, store: StorePort, sample: Sample, writes: Mapping[Capability, Write], wrong: Wrong
    ) -> None:
        """A store that sees to exchanges by itself holds nothing that could go out."""
        made = await writes[Capability.CREATE_EXCHANGE](store, fresh_key())
        ref, key = made.created or sample.cancellable, fresh_key()
        answers = await asyncio.gather(*(store.release(key, ref) for _ in range(5)))
        assert answers == [answers[0]] * 5
        assert (answers[0].state is OperationState.SUCCEEDED) == (made.created is not None)
        assert await store.get_operation(key) == answers[0]
        if made.created:
            order = await store.get_order(ref)
            assert order is not None
            assert (order.held, order.exchanges) == (False, answers[0].others[0].ref)
        assert (await store.release(fresh_key(), ref)).state is OperationState.FAILED
        assert await wrong() == []

    async def test_some_units_of_what_is_held_go_out_once(
        self,
        store: StorePort,
        far: Callable[[Faults], StorePort],
        sample: Sample,
        several: Write,
        wrong: Wrong,
    ) -> None:
        """In an order of their own, also where the answer is lost on the way; the rest is held on."""
        made = await several(store, fresh_key())
        ref, key = made.created or sample.cancellable, fresh_key()
        if Capability.RELEASE_LINES not in store.capabilities():
            world = await everything(store)
            assert (await store.release(key, ref, {"1": 1})).code is Failure.NOT_SUPPORTED
            assert await everything(store) == world
            return
        with pytest.raises(StoreUnavailable):
            await far(Faults(lost=1.0)).release(key, ref, {"1": 1})
        answers = await asyncio.gather(*(store.release(key, ref, {"1": 1}) for _ in range(5)))
        assert answers == [answers[0]] * 5
        gone, rest = answers[0].order, await store.get_order(ref)
        assert gone
        assert rest
        assert (gone.ref, gone.held, gone.exchanges) == (answers[0].created, False, rest.exchanges)
        assert rest in answers[0].others
        assert rest.held
        assert [(line.quantity, line.cancelled, line.parted) for line in rest.lines] == [(2, 1, 1)]
        assert (await store.release(key, ref, {"1": 2})).code is Failure.INVALID, "another request under its key"
        assert (await store.release(fresh_key(), ref, {"1": 2})).code is Failure.INVALID, "more than is left"
        last = await store.release(fresh_key(), ref, {"1": 1})
        assert last.order
        assert (last.created, last.order.ref, last.order.held) == (None, ref, False), "what is left is the order itself"
        assert await wrong() == []

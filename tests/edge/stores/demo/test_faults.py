"""A store that misbehaves honestly: asking again under the same key always finds out, and has one effect."""

import asyncio
import time

import psycopg
import pytest

from madoguchi.core.shop.port import Operation, OperationState, OrderState, StoreUnavailable
from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from tests.edge.stores.contract import everything, fresh_key

REASON = "no longer needed"
REF = MISAKI.order(Story.CANCELLABLE)


async def test_a_lost_reply_had_its_effect(store_db: Database, demo: DemoStore) -> None:
    order = await demo.get_order(REF)
    assert order
    deaf = DemoStore(store_db, "demo", Faults(lost=1.0))
    key = fresh_key()
    with pytest.raises(StoreUnavailable):
        await deaf.cancel(key, REF, order.version, None, REASON)
    known = await demo.get_operation(key)
    assert known
    assert known.state is OperationState.SUCCEEDED
    assert await demo.cancel(key, REF, order.version, None, REASON) == known


async def test_a_call_that_timed_out_had_none(store_db: Database, demo: DemoStore) -> None:
    before = await everything(demo)
    order = before[1][REF]
    far = DemoStore(store_db, "demo", Faults(timed_out=1.0))
    key = fresh_key()
    with pytest.raises(StoreUnavailable):
        await far.cancel(key, REF, order.version, None, REASON)
    assert await demo.get_operation(key) is None
    assert await everything(demo) == before


async def test_a_call_that_arrives_twice_counts_once(store_db: Database, demo: DemoStore) -> None:
    order = await demo.get_order(REF)
    assert order
    stammering = DemoStore(store_db, "demo", Faults(twice=1.0))
    operation = await stammering.cancel(fresh_key(), REF, order.version, None, REASON)
    assert operation.order
    assert operation.order.version == order.version + 1
    assert operation.order.tenders[0].refunded == order.tenders[0].captured


async def test_stubborn_asking_gets_through(store_db: Database, demo: DemoStore) -> None:
    _, orders, _ = await everything(demo)
    bad = DemoStore(store_db, "demo", Faults(seed=3, slow_ms=1, timed_out=0.3, lost=0.3, twice=0.3))
    paid = [one for one in orders.values() if one.state is OrderState.PAID and one.cancel_until is None]

    async def insist(ref: str, version: int) -> Operation:
        key = fresh_key()
        while True:
            try:
                return await bad.cancel(key, ref, version, None, REASON)
            except StoreUnavailable:
                continue

    answers = await asyncio.gather(*(insist(order.ref, order.version) for order in paid))
    for order, answer in zip(paid, answers, strict=True):
        assert answer.state is OperationState.SUCCEEDED
        assert answer.order
        assert answer.order.version == order.version + 1
        assert sum(money.amount for money in answer.refunds.values()) == sum(t.captured.amount for t in order.tenders)


async def test_faults_repeat_with_their_seed(store_db: Database, demo: DemoStore) -> None:
    async def outcomes() -> list[bool]:
        store = DemoStore(store_db, "demo", Faults(seed=5, timed_out=0.5))
        heard = []
        for _ in range(20):
            try:
                heard.append(await store.get_order(REF) is not None)
            except StoreUnavailable:
                heard.append(False)
        return heard

    first = await outcomes()
    assert await outcomes() == first
    assert len(set(first)) == 2


async def test_a_store_whose_connections_break_is_unavailable_for_a_while(demo: DemoStore, database_url: str) -> None:
    async def calls(seconds: float) -> list[bool]:
        heard: list[bool] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until and not (heard and heard[-1]):
            try:
                heard.append(await demo.get_order(REF) is not None)
            except StoreUnavailable:
                heard.append(False)
        return heard

    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
        await conn.execute(
            """select pg_terminate_backend(pid, 1000) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()"""
        )
    heard = await calls(10)
    assert heard[0] is False
    assert heard[-1] is True

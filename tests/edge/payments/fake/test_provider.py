"""A provider that misbehaves honestly: its books are always right, and asking by key always finds out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.payments.fake.rules import DECIDES_WITHIN, SENT_BACK_AFTER, Temper
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.service.refunds.port import ProviderUnavailable, RefundState
from tests.edge.payments.contract import CAPTURED, Paid, fresh_key, yen
from tests.edge.payments.fake.conftest import Make


class Box:
    """Takes webhooks, or not."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.got: list[tuple[Mapping[str, str], bytes]] = []

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> bool:
        self.got.append((headers, body))
        return self.takes


async def test_a_lost_reply_had_its_effect(make: Make, paid: Paid) -> None:
    key = fresh_key()
    with pytest.raises(ProviderUnavailable):
        await make(Faults(lost=1.0), Temper()).refund(key, paid.card, yen(CAPTURED))
    good = make(Faults(), Temper())
    known = await good.get_refund(key)
    assert known
    assert known.state is RefundState.SUCCEEDED
    assert await good.refund(key, paid.card, yen(CAPTURED)) == known


async def test_a_call_that_timed_out_had_none(make: Make, paid: Paid) -> None:
    key = fresh_key()
    with pytest.raises(ProviderUnavailable):
        await make(Faults(timed_out=1.0), Temper()).refund(key, paid.card, yen(1))
    assert await make(Faults(), Temper()).get_refund(key) is None


async def test_what_is_pending_is_decided_and_told(make: Make, paid: Paid, now: datetime) -> None:
    provider, box = make(Faults(), Temper(pending=1.0)), Box()
    key = fresh_key()
    assert (await provider.refund(key, paid.card, yen(CAPTURED))).state is RefundState.PENDING
    assert (await provider.refund(fresh_key(), paid.card, yen(1))).code == "too_much"
    assert await provider.tick(now, box) == 1
    assert await provider.tick(now + DECIDES_WITHIN, box) == 1
    known = await provider.get_refund(key)
    assert known
    assert (known.state, known.code) == (RefundState.SUCCEEDED, None)


async def test_a_late_failure_gives_the_money_back_to_the_payment(make: Make, paid: Paid, now: datetime) -> None:
    provider, box = make(Faults(), Temper(fails_late=1.0)), Box()
    key = fresh_key()
    assert (await provider.refund(key, paid.card, yen(CAPTURED))).state is RefundState.SUCCEEDED
    await provider.tick(now + SENT_BACK_AFTER, box)
    known = await provider.get_refund(key)
    assert known
    assert (known.state, known.code) == (RefundState.FAILED, "account_closed")
    assert (await provider.refund(fresh_key(), paid.card, yen(CAPTURED))).state is RefundState.SUCCEEDED


async def test_pending_may_fail(make: Make, paid: Paid, now: datetime) -> None:
    provider = make(Faults(), Temper(pending=1.0, fails=1.0))
    key = fresh_key()
    asked = await provider.refund(key, paid.card, yen(CAPTURED))
    assert (asked.state, asked.code) == (RefundState.PENDING, None)
    await provider.tick(now + DECIDES_WITHIN, Box())
    known = await provider.get_refund(key)
    assert known
    assert (known.state, known.code) == (RefundState.FAILED, "account_closed")
    assert (await provider.refund(fresh_key(), paid.card, yen(CAPTURED))).code is None


async def test_webhooks_come_twice_and_in_another_order(make: Make, paid: Paid, now: datetime) -> None:
    provider, box = make(Faults(), Temper(seed=4, doubled=1.0, shuffled=True)), Box()
    keys = [fresh_key() for _ in range(20)]
    for key in keys:
        await provider.refund(key, paid.card, yen(1))
    await provider.tick(now, box)
    told = [provider.verify(headers, body, now) for headers, body in box.got]
    assert sorted(key or "" for key in told) == sorted(keys * 2)
    assert told != sorted(keys * 2, key=keys.index)


async def test_what_was_not_taken_comes_again(make: Make, paid: Paid, now: datetime) -> None:
    provider = make(Faults(), Temper())
    await provider.refund(fresh_key(), paid.card, yen(1))
    assert await provider.tick(now, Box(takes=False)) == 0
    box = Box()
    assert await provider.tick(now, box) == 1
    assert await provider.tick(now, box) == 0
    assert len(box.got) == 1


async def test_a_webhook_is_good_for_five_minutes_and_as_it_was_signed(make: Make, now: datetime) -> None:
    provider = make(Faults(), Temper())
    headers, body = provider.webhook("key-1", now)
    assert provider.verify(headers, body, now) == "key-1"
    assert provider.verify(headers, body.replace(b"key-1", b"key-2"), now) is None
    assert provider.verify(headers, body, now + timedelta(minutes=6)) is None


async def test_neither_side_reaches_into_the_others_tables(db: Database, payments_db: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.run(SYSTEM, lambda tx: tx.execute("select from demo_payments.refunds"))
    for table in ("public.orders", "demo_store.orders"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await payments_db.run(SYSTEM, lambda tx, name=table: tx.execute(f"select from {name}"))  # type: ignore[misc]


async def test_faults_repeat_with_their_seed(make: Make, paid: Paid) -> None:
    async def outcomes() -> list[bool]:
        provider, heard = make(Faults(seed=5, timed_out=0.5), Temper()), []
        for _ in range(20):
            try:
                heard.append(await provider.get_refund(paid.card) is None)
            except ProviderUnavailable:
                heard.append(False)
        return heard

    first = await outcomes()
    assert await outcomes() == first
    assert len(set(first)) == 2

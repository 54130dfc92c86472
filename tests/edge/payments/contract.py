"""What every payment adapter must do, whatever provider stands behind it: subclass PaymentContract, give fixtures."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.kit.db import Database
from madoguchi.kit.money import Money
from madoguchi.service.refunds.port import ChargeState, PaymentPort, RefundState


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """Payments behind the adapter for the tests to use; each captured 3,000 yen."""

    card: str
    not_refundable: str
    too_old: str


CAPTURED = 3000


def yen(amount: int) -> Money:
    """An amount of yen."""
    return Money(amount, "JPY")


def fresh_key() -> str:
    """A key as our executor makes them."""
    return str(uuid4())


class PaymentContract:
    """Needs the fixtures `provider` (PaymentPort), `paid` (Paid), `now`, and `db` (any Database of ours)."""

    async def test_a_refund_succeeds_and_is_known_by_its_key(
        self, provider: PaymentPort, paid: Paid, now: datetime
    ) -> None:
        key = fresh_key()
        made = await provider.refund(key, paid.card, yen(1200))
        assert (made.key, made.payment_ref, made.amount, made.code) == (key, paid.card, yen(1200), None)
        assert made.state is RefundState.SUCCEEDED
        assert made.ref
        assert await provider.get_refund(key) == made
        assert list(await provider.list_refunds(now)) == [made]
        assert list(await provider.list_refunds(now + timedelta(seconds=1))) == []

    async def test_the_same_key_pays_once(self, provider: PaymentPort, paid: Paid) -> None:
        key = fresh_key()
        made = await asyncio.gather(*(provider.refund(key, paid.card, yen(CAPTURED)) for _ in range(10)))
        assert made == [made[0]] * 10
        assert made[0].state is RefundState.SUCCEEDED

    async def test_a_charge_is_taken_once_under_its_key(self, provider: PaymentPort, paid: Paid) -> None:
        key = fresh_key()
        assert await provider.get_charge(key) is None
        made = await asyncio.gather(*(provider.charge(key, paid.card, yen(1200)) for _ in range(10)))
        assert made == [made[0]] * 10
        assert (made[0].state, made[0].amount, made[0].code) == (ChargeState.SUCCEEDED, yen(1200), None)
        assert await provider.get_charge(key) == made[0]
        other = await provider.charge(key, paid.card, yen(1201))
        assert (other.state, other.code) == (ChargeState.FAILED, "key_reused")

    async def test_what_cannot_be_charged_is_declined(self, provider: PaymentPort, paid: Paid) -> None:
        unknown = await provider.charge(fresh_key(), "nobodys/payment/1", yen(100))
        assert (unknown.state, unknown.code) == (ChargeState.FAILED, "unknown_payment")
        cash = await provider.charge(fresh_key(), paid.not_refundable, yen(100))
        assert (cash.state, cash.code, cash.ref) == (ChargeState.FAILED, "not_chargeable", "")

    async def test_a_key_means_one_request(self, provider: PaymentPort, paid: Paid) -> None:
        key = fresh_key()
        made = await provider.refund(key, paid.card, yen(1))
        other = await provider.refund(key, paid.card, yen(2))
        assert (other.state, other.code) == (RefundState.FAILED, "key_reused")
        assert await provider.get_refund(key) == made

    async def test_never_more_than_was_captured(self, provider: PaymentPort, paid: Paid, now: datetime) -> None:
        made = await asyncio.gather(*(provider.refund(fresh_key(), paid.card, yen(2000)) for _ in range(5)))
        assert sorted((one.state, one.code) for one in made) == [("failed", "too_much")] * 4 + [("succeeded", None)]
        rest = await provider.refund(fresh_key(), paid.card, yen(CAPTURED - 2000))
        assert rest.state is RefundState.SUCCEEDED
        assert sum(one.amount.amount for one in await provider.list_refunds(now)) == CAPTURED

    async def test_refusals_move_no_money(self, provider: PaymentPort, paid: Paid, now: datetime) -> None:
        asked = (
            ("not_refundable", paid.not_refundable, yen(1)),
            ("too_old", paid.too_old, yen(1)),
            ("unknown_payment", "no such payment", yen(1)),
            ("too_much", paid.card, yen(CAPTURED + 1)),
            ("too_much", paid.card, yen(0)),
            ("too_much", paid.card, yen(-1)),
            ("too_much", paid.card, Money(1, "USD")),
        )
        for code, ref, amount in asked:
            key = fresh_key()
            made = await provider.refund(key, ref, amount)
            assert (made.state, made.code, made.ref) == (RefundState.FAILED, code, "")
            assert await provider.get_refund(key) == made
        assert list(await provider.list_refunds(now)) == []

    async def test_an_unknown_key_was_never_seen(self, provider: PaymentPort) -> None:
        assert await provider.get_refund(fresh_key()) is None

    async def test_no_call_inside_a_transaction_of_ours(self, provider: PaymentPort, db: Database) -> None:
        with pytest.raises(RuntimeError):
            await db.run(SYSTEM, lambda tx: provider.get_refund("1"))

    async def test_a_webhook_of_somebody_else_is_none(self, provider: PaymentPort, now: datetime) -> None:
        assert provider.verify({}, b'{"key": "1"}', now) is None
        assert provider.verify({"payment-signature": "\xff"}, b"\xff\xfe", now) is None

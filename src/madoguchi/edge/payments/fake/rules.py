"""What the provider decides: which refunds it takes, how they end, and how its webhooks arrive. Pure."""

import hashlib
import random
from datetime import datetime, timedelta

import msgspec

from madoguchi.kit.money import Money

BACK_TO = frozenset({"card", "wallet"})  # the kinds of payment that money can go back to
OLDEST = timedelta(days=365)  # a card that old cannot be credited any more
DECIDES_WITHIN = timedelta(seconds=5)  # a pending refund
SENT_BACK_AFTER = timedelta(seconds=10)  # by a bank whose account is closed: in life, days


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop's till took: for which payment, by which kind of tender, how much, when."""

    ref: str
    kind: str
    captured: Money
    taken_at: datetime


class Temper(msgspec.Struct, frozen=True, kw_only=True):
    """How refunds and webhooks turn out; chances between 0 and 1, drawn from `seed` and the refund's key.

    `pending`: decided only later. `fails`: refused in the end by the customer's bank. `fails_late`: first succeeded,
    then sent back. `doubled`: a webhook comes twice. `shuffled`: a batch of webhooks comes in another order.
    `forgets_keys`: each call is another refund, and none can be found by its key. `declines`: a charge is not taken.
    """

    seed: int = 0
    pending: float = 0.0
    fails: float = 0.0
    fails_late: float = 0.0
    doubled: float = 0.0
    shuffled: bool = False
    forgets_keys: bool = False
    declines: float = 0.0


class Course(msgspec.Struct, frozen=True):
    """How a refund that was taken goes on: pending until `decides_at`, sent back at `fails_at`, refused with `code`."""

    state: str
    code: str | None = None
    decides_at: datetime | None = None
    fails_at: datetime | None = None


def refusal(payment: Payment | None, refunded: int, amount: Money, now: datetime) -> str | None:
    """Why the provider does not take a refund; None when it does."""
    if payment is None:
        return "unknown_payment"
    if payment.kind not in BACK_TO:
        return "not_refundable"
    if now - payment.taken_at > OLDEST:
        return "too_old"
    if amount.currency != payment.captured.currency or not 0 < amount.amount <= payment.captured.amount - refunded:
        return "too_much"
    return None


def course(temper: Temper, key: str, now: datetime) -> Course:
    """How a refund goes that was taken; the same for the same seed and key."""
    dice = random.Random(f"{temper.seed}/{key}")
    fails, late, pending = (dice.random() < chance for chance in (temper.fails, temper.fails_late, temper.pending))
    if pending:
        return Course("pending", "account_closed" if fails else None, decides_at=now + DECIDES_WITHIN)
    if fails:
        return Course("failed", "account_closed")
    return Course("succeeded", fails_at=now + SENT_BACK_AFTER if late else None)


def decline(temper: Temper, payment: Payment | None, key: str, amount: Money) -> str | None:
    """Why the provider does not take money again; None when it does. The same for the same seed and key."""
    if payment is None:
        return "unknown_payment"
    if payment.kind not in BACK_TO or amount.currency != payment.captured.currency or amount.amount <= 0:
        return "not_chargeable"
    return "card_declined" if random.Random(f"{temper.seed}/{key}").random() < temper.declines else None


def request_hash(payment_ref: str, amount: Money) -> str:
    """What a key stands for."""
    return hashlib.sha256(f"{payment_ref}\0{amount.amount}\0{amount.currency}".encode()).hexdigest()

"""The payment port: how money goes back by the provider that took it, and is taken again. One adapter per provider.

A refund is asked for under a key of ours and is safe to repeat: the same key gives the same refund, with another
request it is refused. A provider tells what became of it, at once, later, or differently later (a bank may send the
money back weeks after "succeeded"); its webhooks only say that there is news, and the news is read with `get_refund`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from madoguchi.kit.money import Money


class ProviderUnavailable(Exception):  # noqa: N818 - a state of the world
    """The provider did not answer, or not in time; nothing is known about what it did."""


class RefundState(StrEnum):
    """What became of a refund at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the provider tells it. `ref` is the provider's own name for it, empty when it was refused at once.

    `key` is ours; None where a provider does not keep keys. `code` says why it failed: unknown_payment,
    not_refundable (this kind of payment cannot be paid back), too_old, too_much, account_closed, key_reused.
    """

    ref: str
    key: str | None
    payment_ref: str
    amount: Money
    state: RefundState
    made_at: datetime
    code: str | None = None


class ChargeState(StrEnum):
    """What became of a charge."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ProviderCharge(msgspec.Struct, frozen=True, kw_only=True):
    """Money taken again from where a payment came, with its owner's consent. `ref` is empty when it was declined.

    `code` says why: unknown_payment, not_chargeable (this kind of payment cannot be repeated), card_declined,
    key_reused.
    """

    ref: str
    key: str
    payment_ref: str
    amount: Money
    state: ChargeState
    made_at: datetime
    code: str | None = None


class PaymentPort(Protocol):
    """What we ask of a payment provider. Calls may raise ProviderUnavailable.

    `keeps_keys` is False where it forgets our keys: then nothing is asked for twice, and its list is searched instead.
    """

    keeps_keys: bool

    async def refund(self, key: str, payment_ref: str, amount: Money) -> ProviderRefund:
        """Pay an amount of a payment back to where it came from; idempotent by key."""
        ...

    async def get_refund(self, key: str) -> ProviderRefund | None:
        """The refund asked for under this key, as it is now; None when the provider never saw it."""
        ...

    async def list_refunds(self, since: datetime) -> Sequence[ProviderRefund]:
        """All refunds made since a moment, oldest first, as they are now; those refused at once are not among them."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """The key of the refund that a webhook brings news of; None when the provider did not send it, or long ago.

        `headers` have lower-case names.
        """
        ...

    async def charge(self, key: str, payment_ref: str, amount: Money) -> ProviderCharge:
        """Take an amount from where a payment came; the same key gives the first answer.

        A charge is never asked for without a key that is kept, so every provider keeps these.
        """
        ...

    async def get_charge(self, key: str) -> ProviderCharge | None:
        """The charge asked for under this key; None when the provider never saw it."""
        ...

"""Which event is told by which template, and how often a delivery is tried. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from madoguchi.core.actions.rules import Settled

CODE = "code"
TRANSCRIPT = "transcript"
WAITS = "request_waits"
CANCELLED = "order_cancelled"
CHANGE_AGREED, RETURN_AGREED, EXCHANGE_AGREED = "change_agreed", "return_agreed", "exchange_agreed"
GO_ON = frozenset({CHANGE_AGREED, RETURN_AGREED, EXCHANGE_AGREED})  # of what is only agreed to
SETTLED: Mapping[tuple[str, Settled], str] = {
    ("order.cancel", Settled.DONE): CANCELLED,
    ("order.cancel", Settled.PARTLY_DONE): "order_partly_cancelled",
    ("order.cancel", Settled.FAILED): "order_not_cancelled",
    ("goodwill.grant", Settled.DONE): "goodwill_given",
    ("order.return", Settled.DONE): RETURN_AGREED,
    ("gift.return", Settled.DONE): RETURN_AGREED,
    ("order.exchange", Settled.DONE): EXCHANGE_AGREED,
    ("return.settle", Settled.DONE): "return_settled",
    ("guarantee.decide", Settled.DONE): "guarantee_decided",
}

REFUND_PAID, REFUND_FAILED, REFUND_NEEDS_ACCOUNT = "refund_paid", "refund_failed", "refund_needs_account"
ADVANCE_DUE, ADVANCE_CHARGED = "advance_due", "advance_charged"
MONEY_NOT_RETURNED, GOODS_NOT_RETURNED = "advance_not_returned", "goods_not_returned"
REFUNDS = (
    *(REFUND_PAID, REFUND_FAILED, REFUND_NEEDS_ACCOUNT),
    *(ADVANCE_DUE, ADVANCE_CHARGED, MONEY_NOT_RETURNED, GOODS_NOT_RETURNED),
)

NEWS = (  # of rooms that tell of themselves
    "return_due",
    "return_received",
    "return_expired",
    "return_rejected",
    "return_rejected_due",
    "return_answered",
    "return_lost",
    "return_searched",
    "return_believed",
    "return_not_ours",
    "return_went_back",
    "return_expected",
    "return_left",
    "return_sent_back",
    "return_address",
    "advance_void",
    "guarantee_reviewed",
    "guarantee_waits",
    "guarantee_overtaken",
    "parcel_missed",
    "parcel_ready",
    "seller_answered",
    "seller_silent",
)
FOR_SELLERS = ("question_asked", "question_due", "question_overdue", "guarantee_opened")
SPEECHES = 300  # that a transcript holds, the last ones
TRANSCRIPT_LIMIT = 200_000  # characters of what was said
LEASE = timedelta(minutes=3)  # longer than any sending takes
ATTEMPTS = 14  # over a day and a half
HARD_REFUSALS = 3  # in a row, after which an address is left alone
HARD_REFUSALS_COUNT_FOR = timedelta(days=90)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=4)


class DeliveryState(StrEnum):
    """What became of a sending."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # not even tried: the address is known to take no mail


class Refusal(StrEnum):
    """How a mail was refused."""

    LATER = "later"  # or nobody knows: worth another try
    MAIL = "mail"  # this mail, for good
    ADDRESS = "address"  # this address, for good


def template(action: str, state: Settled, *, goes_on: bool = False) -> str:
    """The letter for a change that ended so; with `goes_on` it is only agreed to."""
    usual = "change_failed" if state is Settled.FAILED else CHANGE_AGREED if goes_on else "change_done"
    return SETTLED.get((action, state), usual)


def preview(action: str) -> tuple[str, ...]:
    """The notices that follow when the action succeeds, for its quote; their names are `notices.<template>.name`."""
    return (template(action, Settled.DONE),)


def state_after(attempts: int, refusal: Refusal | None) -> DeliveryState:
    """Where a delivery is after so many attempts, the last of which ended like this."""
    if refusal is None:
        return DeliveryState.SENT
    return DeliveryState.QUEUED if refusal is Refusal.LATER and attempts < ATTEMPTS else DeliveryState.FAILED


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 30 s, 2 min, 8 min … at most 4 h."""
    times: int = 4 ** min(attempts - 1, 10)
    return min(_FIRST_WAIT * times, _LONGEST_WAIT)

"""The cards and slips that actions answer with, and the stages of a wish. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.shop.port import OrderState, TenderKind, TrackingState
from madoguchi.kit import i18n
from madoguchi.kit.money import Money, beside, total

# --- what people are shown ------------------------------------------------------------------------------------------


class Said(msgspec.Struct, frozen=True):
    """A sentence as a key and its packed parameters; each reader gets their own language."""

    key: str
    parameters: dict[str, Any] = {}

    def to(self, reader: i18n.Reader) -> str:
        """The sentence in the reader's language."""
        return reader.t(self.key, **i18n.unpack(self.parameters))


def said(key: str, **parameters: Any) -> Said:
    """A sentence with typed parameters (Money, moments, numbers, words)."""
    return Said(key, i18n.pack(parameters))


class CardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order as shown."""

    ref: str
    name: str
    quantity: int
    total: Money
    options: dict[str, str] = {}
    image: str | None = None
    cancelled: int = 0
    shipped: int = 0
    sku: str = ""
    product_ref: str = ""


class Step(msgspec.Struct, frozen=True):
    """A step of a parcel that was reached."""

    state: TrackingState
    at: datetime
    place: str = ""


class Fact(msgspec.Struct, frozen=True):
    """What will be so afterwards, such as the address or the payment method."""

    label: Said
    words: str | Said


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel on its way; `late` when it has not come and the first promise has passed, or what was agreed since.

    `agreed` is what was arranged with the carrier; it keeps a parcel for the customer, which is not late, until
    `held_until`.
    """

    ref: str
    carrier: str
    number: str
    state: TrackingState
    steps: tuple[Step, ...]
    lines: dict[str, int]
    promised_until: datetime | None = None
    first_promised_until: datetime | None = None
    delivered_at: datetime | None = None
    late: bool = False
    agreed: tuple[Fact, ...] = ()
    held_until: datetime | None = None


class ToPay(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that the customer has still to make; `number` is what they pay it under, at a konbini for example."""

    label: str
    amount: Money
    until: datetime
    number: str | None = None


class OrderCard(msgspec.Struct, frozen=True, kw_only=True, tag="order"):
    """An order as people see it: what, where, until when; `facts` are what else was agreed, such as wrapping.

    `held`: it goes out once other goods have come back.
    """

    id: UUID
    ref: str
    state: OrderState
    placed_at: datetime
    total: Money
    lines: tuple[CardLine, ...]
    parcels: tuple[Parcel, ...] = ()
    promised_until: datetime | None = None
    late: bool = False
    seller: str | None = None
    is_gift: bool = False
    to_pay: tuple[ToPay, ...] = ()
    time_zone: str = "UTC"
    held: bool = False
    facts: tuple[Fact, ...] = ()

    @property
    def fees(self) -> Money:
        """What of the total is for none of the lines: shipping and the like."""
        return beside(self.total, [line.total for line in self.lines])

    @property
    def pay_by(self) -> datetime | None:
        """Until when the first payment is to be made, if one is."""
        return min((one.until for one in self.to_pay), default=None)


class MoneyBack(msgspec.Struct, frozen=True, kw_only=True):
    """What one tender gets, where it goes, and when it should show there.

    `void` is an authorisation that is let go: nothing was taken.
    """

    tender_ref: str
    kind: TenderKind
    label: str
    amount: Money
    void: bool = False
    destination: Destination = Destination.ORIGINAL
    min_days: int = 0
    max_days: int = 0

    def whose(self, reader: i18n.Reader) -> str:
        """The tender, and where its money goes if not back there."""
        if self.void or self.destination is Destination.ORIGINAL:
            return self.label
        return reader.t(f"orders.money.to.{self.destination}", label=self.label)


class SlipLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a slip: what happens to how many units, and what they are worth."""

    name: str | Said
    quantity: int
    amount: Money
    line_ref: str | None = None


class Charge(msgspec.Struct, frozen=True):
    """What is taken, from which payment method."""

    label: str
    amount: Money


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on once a change stands: what whoever asked for it does now, or waits for, and until when.

    `paths` are pages that are needed for it, by the name of their words (`notices.link.<name>`).
    """

    steps: tuple[Said, ...]
    paths: dict[str, str] = {}

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """The pages by name, where something is paid the first; a database keeps no other order."""
        return tuple(sorted(self.paths.items(), key=lambda way: way[0] != "payment"))


class Slip(msgspec.Struct, frozen=True, kw_only=True, tag="slip"):
    """A quote, or what was done: lines, money by tender, warnings, the rule, the letters that will be sent.

    `money` is given back, `total` in all; `charges` are taken. `facts` tell what will be so afterwards. `asked` means
    the warehouse is asked and may say that it is too late. `photos` are ids of what was shown with the wish.

    `next_step` tells what confirming does; `then` what goes on once it was done, where it does not end with that.
    `expected`: the money is given back only once more has happened.
    """

    title: Said
    order_ref: str
    lines: tuple[SlipLine, ...]
    money: tuple[MoneyBack, ...]
    total: Money
    charges: tuple[Charge, ...] = ()
    facts: tuple[Fact, ...] = ()
    irreversible: tuple[Said, ...] = ()
    rule: Said | None = None
    notices: tuple[str, ...] = ()
    asked: bool = False
    next_step: Said | None = None
    then: Following | None = None
    expected: bool = False
    photos: tuple[UUID, ...] = ()

    @property
    def fees(self) -> Money:
        """What of the total is for none of the lines: shipping and the like."""
        return beside(self.total, [line.amount for line in self.lines])

    @property
    def charged(self) -> Money:
        """What is taken in all."""
        return total([charge.amount for charge in self.charges], self.total.currency)


class TextCard(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Facts as sentences; `case_id` is a conversation that was begun or gone on with, to be looked at.

    `ways` are names of actions that may help at once. `nothing`: all they tell is that there is nothing to tell.
    """

    lines: tuple[Said, ...]
    case_id: UUID | None = None
    ways: tuple[str, ...] = ()
    nothing: bool = False


class QueueTicket(msgspec.Struct, frozen=True, kw_only=True, tag="ticket"):
    """A place in line (1: the next), how long it takes (None: nobody can say), and until when we are closed."""

    case_id: UUID
    place: int
    wait_minutes: tuple[int, int] | None
    people_online: int
    state: str  # waiting | offered | assigned | left
    associate: str | None = None
    opens_at: datetime | None = None


class Paper(StrEnum):
    """Kinds of documents."""

    RECEIPT = "receipt"  # and what else belongs to the books
    RETURN_SLIP = "return_slip"


class DocumentCard(msgspec.Struct, frozen=True, kw_only=True, tag="document"):
    """A document that was issued and can be had as PDF: what it is, its number, whom it is made out to.

    `id` is the receipt's or the return's; `lang` the issuer's language.
    """

    id: UUID
    number: str
    title: Said
    addressee: str
    lang: str
    paper: Paper = Paper.RECEIPT


Card = OrderCard | Slip | TextCard | QueueTicket | DocumentCard


# --- what can be done -----------------------------------------------------------------------------------------------


class Effect(StrEnum):
    """How much an action does."""

    READ = "read"
    ACT = "act"  # done at once: harmless, can be taken back
    CHANGE = "change"  # quote, then confirmation, then execution


class Refusal(msgspec.Struct, frozen=True):
    """Why something cannot be done, and what can be done instead (names of actions or contact reasons).

    With `unrelated` it has nothing to do with the thing, and is not even offered there.
    """

    code: str
    parameters: dict[str, Any] = {}
    alternatives: tuple[str, ...] = ()
    unrelated: bool = False


class Approval(msgspec.Struct, frozen=True):
    """Who has to agree before a change is carried out (this staff role or a higher one), why, and what it is worth."""

    role: Role
    why: Said
    worth: Money | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do, before it is a quote. `plan` is the room's own, kept with the quote and the request.

    `subject` says what it is about where that is no order, such as `subscription:S-1`; `further` is what the rules
    decided besides. With a `gift` it is the wish of whoever got the order as a present, who does not hear of the order.
    """

    slip: Slip
    plan: dict[str, Any]
    order_id: UUID | None = None
    order_version: int | None = None
    subject: str | None = None
    line_refs: tuple[str, ...] = ()
    gift: Gift | None = None
    decision: Decision | None = None
    further: tuple[Decision, ...] = ()
    approval: Approval | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed request as a room's execution sees it; `actor_role` and `actor_id` are whoever confirmed it."""

    id: UUID
    store_id: str
    customer_id: UUID
    order_id: UUID | None
    order_ref: str | None
    order_version: int | None
    plan: dict[str, Any]
    actor_role: Role
    actor_id: UUID | None
    subject: str | None = None


class Settled(StrEnum):
    """How a request ended."""

    DONE = "done"
    PARTLY_DONE = "partly_done"
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a request: the slip of what was done, or the code of why not."""

    state: Settled
    slip: Slip | None = None
    code: str | None = None

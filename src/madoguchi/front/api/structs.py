"""What goes in and out of API v1, beside entries and cards (front.ui.told). Stable: fields may be added, never changed.

Ids are UUIDs, times are RFC 3339 in UTC, money is in minor units. `client_id` is an id of the sender's own making:
sent again with the same body it gives the first answer, with another body it is refused.
"""

from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from madoguchi.front.ui import told
from madoguchi.front.ui.told import Card, Entry, Money, Slip, Time

T = TypeVar("T")

ClientId = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[!-~]+$", description="Printable ASCII")]
Word = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list. `next` goes into `after` for the next part; null at the end."""

    items: list[T]
    next: str | None


class Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list, newest first. `after` is `next` of the part before."""

    after: str = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Catching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entries after a number, oldest first."""

    after: Annotated[int, Meta(ge=0, le=2_000_000_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


# --- sessions -------------------------------------------------------------------------------------------------------


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A language and, for a customer who is signed in at the shop, the shop's token; without one a guest."""

    locale: Literal["ja", "en", "zh", "ko"]
    token: Annotated[str, Meta(max_length=4000)] | None = None


class Session(msgspec.Struct, frozen=True):
    """`token` goes into `Authorization: Bearer …` and is told once. `level` says how sure we are who it is.

    0 guest, 1 claimed, 2 proven contact, 3 signed in at the shop.
    """

    token: str
    level: int
    locale: str
    expires: Time


class NewShopToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which customer: `store` and `customer_ref`, or `email` (and `store` when it is in two)."""

    store: Word | None = None
    customer_ref: Word | None = None
    email: Word | None = None


class ShopToken(msgspec.Struct, frozen=True):
    """What the shop's server would give its signed-in customer: good once, for five minutes."""

    token: str
    store: str
    customer_ref: str
    name: str
    locale: str


# --- chats ----------------------------------------------------------------------------------------------------------


class NewChat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`order` is the id or the number of an order that it is about."""

    client_id: ClientId
    order: Word | None = None


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A chat, which is an inquiry (case) with the same id. `number` is for people.

    `state`: bot, queued (waits for a person), active (has a person), parked (silent, goes on with the next word),
    closed. `last_seq` counts all entries; the read marks say up to where each side has read.
    """

    id: UUID
    number: str
    state: str
    reason: str | None
    order: UUID | None
    last_seq: int
    customer_read_seq: int
    staff_read_seq: int
    opened_at: Time
    closed_at: Time | None


class NewEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either a text (at most 4,000 characters) or the id of an option that was offered.

    The choice `service.human` is always possible: a person, please.
    """

    client_id: ClientId
    text: str = ""
    choice: Annotated[str, Meta(max_length=200)] | None = None


class Stored(msgspec.Struct, frozen=True):
    """The entry's number; it is stored for good. `masked`: a card number was in it and was made unreadable."""

    seq: int
    masked: bool


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the last entry that was read."""

    seq: Annotated[int, Meta(ge=0, le=2_000_000_000)]


class Upload(msgspec.Struct, frozen=True):
    """A form (multipart/form-data) with a photo: JPEG, PNG, WebP or GIF, at most 10 MB."""

    client_id: ClientId
    file: Annotated[bytes, Meta(extra_json_schema={"format": "binary"})]


class PhotoUpload(msgspec.Struct, frozen=True):
    """A form (multipart/form-data) with a photo: JPEG, PNG, WebP or GIF, at most 10 MB."""

    file: Annotated[bytes, Meta(extra_json_schema={"format": "binary"})]


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that was sent, and where it can be had."""

    id: UUID
    url: str


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """An inquiry in a list, with its last message and how many are unread."""

    id: UUID
    number: str
    state: str
    reason: str | None
    order: UUID | None
    opened_at: Time
    last_text: str | None
    last_author: str | None
    last_at: Time | None
    unread: int


class CaseWithEntries(Chat, frozen=True, kw_only=True):
    """An inquiry with its last entries (at most 100)."""

    entries: list[Entry]


# --- orders and wishes ----------------------------------------------------------------------------------------------


class Refusal(msgspec.Struct, frozen=True):
    """Why not: a stable code, the reason in words, and names of actions or contact reasons that are possible."""

    code: str
    text: str
    alternatives: tuple[str, ...]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; `lines` from the widest street part to building and room, `country` ISO 3166-1 alpha-2.

    `kana` is how a Japanese name is read.
    """

    name: str
    kana: str
    postal_code: str
    region: str
    city: str
    lines: tuple[str, ...]
    country: str
    phone: str | None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what was paid for an order. `method` is its `ref` among the customer's payment methods.

    `captured` is what was really taken of `amount`, `refunded` what the shop has given back.
    """

    method: str
    kind: str
    label: str
    amount: Money
    captured: Money
    refunded: Money


class FullOrder(told.Order, frozen=True, kw_only=True):
    """An order as cards tell it, with where it goes and how it is paid."""

    address: Address
    payments: tuple[Payment, ...]


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A payment method on file; `balance` where it holds money."""

    ref: str
    kind: str
    label: str
    balance: Money | None


class NewGift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code on the slip that was in the parcel; hyphens, spaces and capitals do not count."""

    code: Annotated[str, Meta(max_length=100)]


class GiftGoods(msgspec.Struct, frozen=True):
    """What is in a present. `ref` names it in arguments."""

    ref: str
    name: str
    quantity: int


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """A present to the customer: what is in it, and nothing of whoever gave it, nor of what it cost."""

    id: UUID
    number: str
    goods: tuple[GiftGoods, ...]
    shown_at: Time


class ReturnUnit(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of a return; `line` is the `ref` of the order's line.

    `reception`: what happened to it (awaiting, in_transit, received, short, wrong_item, lost, kept, cancelled or
    expired). `acceptance`: what was decided (pending, accepted, reduced, rejected, manual: a person decides). `percent`
    is the share of its price that is given, as far as is known; `settled_at` when it was.
    """

    line: str
    name: str
    reception: str
    acceptance: str
    percent: int
    settled_at: Time | None


class ReturnParcel(msgspec.Struct, frozen=True):
    """A parcel in which something comes back; `state` as of an order's parcel, `scanned_at` when it was first seen."""

    carrier: str
    number: str
    state: str
    scanned_at: Time | None


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sends back. Of a present `order` is null and `order_number` the gift's.

    `state`: requested, review (a person decides), declined, approved (to be sent until `send_until`), in_transit,
    received, inspected, settled, cancelled, expired, lost (by the carrier), kept (it need not come back). `wish`:
    refund, replacement or exchange. `text` tells the same in sentences.
    """

    id: UUID
    number: str | None
    order: UUID | None
    order_number: str
    state: str
    wish: str
    reason: str
    method: str | None
    send_until: Time
    opened_at: Time
    units: tuple[ReturnUnit, ...]
    parcels: tuple[ReturnParcel, ...]
    text: tuple[str, ...]


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back because of a `request`, to a `destination` as in slips. Of a present `order` is null.

    `state`: planned (a bank account is asked for), reserved, sent, pending_at_provider, succeeded, failed, unknown.
    `shows_by` is the last day on which it should show.
    """

    id: UUID
    number: str
    order: UUID | None
    request: UUID
    amount: Money
    destination: str
    state: str
    shows_by: date
    text: tuple[str, ...]


class GuaranteeClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim on the guarantee for goods of a marketplace seller; `units` by line.

    `state`: waiting_seller, under_review, granted, denied, withdrawn, appealed, upheld, reversed, overtaken (it was
    settled in another way) and the seller's answers on the way. `due_at` is by when somebody answers or decides,
    `appeal_until` until when a denial can be appealed.
    """

    id: UUID
    number: str
    order: UUID
    ground: str
    units: dict[str, int]
    amount: Money
    state: str
    due_at: Time | None
    appeal_until: Time | None
    opened_at: Time
    text: tuple[str, ...]


class FieldOption(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen, or in `units` and `swaps` a line. `refusal` says why it cannot be.

    `amount` is what it is worth or, of a variant, the difference it makes; `limit` how many units can be chosen;
    `options` are the variants of a line.
    """

    value: str
    label: str
    note: str
    amount: Money | None
    limit: int
    options: tuple["FieldOption", ...]
    refusal: Refusal | None


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """An argument that an action asks for, by its name. What is not required, or has a `default`, may be left out.

    `kind`: choice (the value of an option), choices (a list of them), units (line → how many), swaps (line → value of
    one of its options), address (as in an order), text, note (at most `limit` characters), money (at most `most`),
    bank ({bank, branch, kind: ordinary, current or savings, number, holder in katakana}), photos (a list of at most
    `limit` ids of photos that were sent before).
    """

    name: str
    kind: str
    label: str
    help: str
    required: bool
    options: tuple[FieldOption, ...]
    default: Any
    limit: int
    most: Money | None


class OfferedAction(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done, by its name in quotes; `refusal` says why it cannot be done now.

    `arguments` say what it is about; the values of `fields` go beside them.
    """

    action: str
    label: str
    possible: bool
    refusal: Refusal | None
    arguments: dict[str, str]
    fields: tuple[Field, ...]


class NewQuote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action and its arguments, such as `order.cancel` with `{"order_id": …}`.

    With `chat`, that chat tells what became of it.
    """

    action: Word
    arguments: dict[str, Any]
    chat: UUID | None = None


class Confirmation(msgspec.Struct, frozen=True):
    """What confirming needs: bound to this session and this quote, good for five minutes."""

    token: str
    expires_at: Time


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen, good until `expires_at`. Nothing happens before it is confirmed."""

    id: UUID
    action: str
    order: UUID | None
    chat: UUID | None
    slip: Slip
    expires_at: Time
    confirmation: Confirmation


class NewConfirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The quote's confirmation token."""

    token: Annotated[str, Meta(max_length=1000)]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed wish. `state`: confirmed, executing, asked (the shop decides), done, partly_done, failed.

    `slip` is what was done, `refusal` why not. Of a present to the customer `order` is null, `order_number` the gift's.
    """

    id: UUID
    number: str
    quote: UUID
    action: str
    order: UUID | None
    order_number: str | None
    chat: UUID | None
    state: str
    slip: Slip | None
    refusal: Refusal | None
    created_at: Time
    settled_at: Time | None


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of an action."""

    arguments: dict[str, Any] = {}


class Result(msgspec.Struct, frozen=True):
    """What an action answers with."""

    card: Card


# --- messages -------------------------------------------------------------------------------------------------------


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the shop in a list."""

    id: UUID
    subject: str
    order: UUID | None
    chat: UUID | None
    created_at: Time
    read_at: Time | None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of what the shop told, in the words it was told in. `check_code` proves a mail genuine."""

    id: UUID
    subject: str
    text: str
    locale: str
    slip: Slip | None
    check_code: str
    order: UUID | None
    chat: UUID | None
    created_at: Time
    read_at: Time | None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457). `code` is stable; `title` and `detail` are for people, in the session's language.

    `field` names the argument that is wrong, such as `reason` or `address.postal_code`.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str = ""
    alternatives: tuple[str, ...] = ()

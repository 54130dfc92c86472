"""Entries of a timeline as the templates and the API show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from madoguchi.core.access.rules import Audience
from madoguchi.core.actions.rules import Card, DocumentCard, OrderCard, QueueTicket, Slip, TextCard
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.cases.wording import text_of
from madoguchi.front.ui import documents
from madoguchi.front.ui.cards import OrderView, SlipView, TicketView, order_view, slip_view, ticket_view
from madoguchi.front.ui.links import option_url
from madoguchi.kit.i18n import Reader

NAMED = frozenset({Author.ASSOCIATE, Author.SELLER})  # whose entries tell by name who wrote them
Shown = OrderView | SlipView | TicketView


class OptionView(msgspec.Struct, frozen=True):
    """A button under an entry; with a `url` it opens that page instead of answering."""

    id: str
    label: str
    detail: str = ""
    url: str = ""


class AttachmentView(msgspec.Struct, frozen=True):
    """A file under an entry."""

    url: str
    preview_url: str
    name: str
    is_image: bool
    width: int
    height: int


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, ready to be shown. `left_out`: contact details were masked; `original` tells staff what they were."""

    id: str
    seq: int
    kind: str
    author: str
    author_name: str
    text: str
    options: tuple[OptionView, ...]
    card: Shown | None
    state: str
    time: datetime
    attachments: tuple[AttachmentView, ...]
    client_id: str
    internal: bool
    left_out: bool
    original: str = ""


def entry_view(entry: Entry, reader: Reader, *, open_until: int | None = None) -> EntryView:
    """The entry for a reader. Its options can be pressed unless the customer spoke later (`open_until` before it)."""
    body = entry.body or {}
    card = _card(body.get("card"))
    shown = _shown(card, entry, reader)
    answered = open_until is not None and entry.seq < open_until
    options = tuple(
        OptionView(o["id"], o["label"], o.get("detail", ""), option_url(o["id"], entry.case_id))
        for o in body.get("options", ())
    )
    if isinstance(card, TextCard) and card.case_id:
        options = (OptionView("", reader.t("ui.entry.open_case"), url=f"/chat/{card.case_id}"), *options)
    return EntryView(
        id=f"entry-{entry.seq}",
        seq=entry.seq,
        kind=_kind(entry, card),
        author=entry.author,
        author_name=entry.name if entry.author in NAMED else "",
        text=_text(entry, card, reader),
        options=options,
        card=shown,
        state=("answered" if answered else "open") if options else "",
        time=entry.at.astimezone(reader.zone),
        attachments=_attachments(entry, card, reader),
        client_id=entry.client_id or "",
        internal=entry.audience is Audience.STAFF,
        left_out="left_out" in body,
    )


def entry_views(entries: Sequence[Entry], reader: Reader) -> list[EntryView]:
    """A timeline in which only the last open question can still be answered, and what people offer until it is."""
    mine = [e for e in entries if e.author is Author.CUSTOMER]
    spoken = mine[-1].seq if mine else None
    pressed = next((e.seq for e in reversed(mine) if e.kind is Kind.CHOICE), None)
    return [
        entry_view(e, reader, open_until=pressed if (e.body or {}).get("until_pressed") else spoken) for e in entries
    ]


def _kind(entry: Entry, card: Card | None) -> str:
    match card:
        case OrderCard():
            return "card"
        case Slip():
            return "slip"
        case QueueTicket():
            return "ticket"
    return {Kind.FILE: "message", Kind.NOTE: "message", Kind.CARD: "message", Kind.ACTION: "status"}.get(
        entry.kind, str(entry.kind)
    )


def _text(entry: Entry, card: Card | None, reader: Reader) -> str:
    text = text_of(entry, reader)
    if isinstance(card, TextCard):
        return "\n".join([text, *(line.to(reader) for line in card.lines)]).strip()
    return text


def _card(raw: Any) -> Card | None:
    return msgspec.convert(raw, Card, strict=False) if raw else None


def _shown(card: Card | None, entry: Entry, reader: Reader) -> Shown | None:
    match card:
        case OrderCard():
            return order_view(card, reader)
        case Slip():
            done = entry.kind is Kind.ACTION
            return slip_view(card, reader, done_at=entry.at if done else None)
        case QueueTicket():
            return ticket_view(card, reader)
    return None


def _attachments(entry: Entry, card: Card | None, reader: Reader) -> tuple[AttachmentView, ...]:
    if isinstance(card, DocumentCard):
        named = f"{card.title.to(reader)} {card.number}"
        found = documents.files(card.id, card.lang, reader, card.paper)
        return tuple(AttachmentView(file.url, "", f"{named} {file.label}", False, 0, 0) for file in found)
    file = (entry.body or {}).get("file")
    if not file:
        return ()
    url = f"/files/{entry.case_id}/{entry.seq}"
    return (AttachmentView(url, url, file["name"], True, file["width"], file["height"]),)

"""What stands beside every conversation: my own ones, the line, what I am offered, whether I take work."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.cases.rules import State
from madoguchi.core.requests.queries import count_approvals
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee.queries import overdue
from madoguchi.service.routing import queries
from madoguchi.service.routing.queries import Counts, MyCase, Offer, Owed, QueueRow, Taken
from madoguchi.service.routing.rules import Person, Presence, Priority

_LONG = timedelta(minutes=3)  # of waiting: worth a look,
_TOO_LONG = timedelta(minutes=10)  # and at risk
_NOBODY = Counts(in_line=0, longest_since=None, people_online=0, in_hand=0, parked=0)


class Part(StrEnum):
    """A panel of the board shows one or two of these, and asks for no more."""

    MINE = auto()
    LINE = auto()
    OFFER = auto()
    PRESENCE = auto()
    APPROVALS = auto()
    COUNTS = auto()


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The left pane and the bar, as rows."""

    me: Person | None
    mine: Sequence[MyCase]
    owed: Sequence[Owed]
    line: Sequence[QueueRow]
    offer: Offer | None
    taken: Taken | None
    counts: Counts
    approvals: int
    overdue_claims: int

    @property
    def presence(self) -> Presence:
        """Whether I take work; who was never here does not."""
        return self.me.state if self.me else Presence.OFFLINE


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the left pane."""

    id: str
    case_id: str
    url: str
    name: str
    number: str
    reason: str
    preview: str
    channel: str
    language: str
    wait: str
    tone: str
    unread: int
    priority: str


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """What I am asked to take."""

    name: str
    reason: str
    summary: Sequence[str]
    wait: str
    until: datetime
    seconds: int
    left: int
    accept_url: str
    decline_url: str


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """The board in the reader's words; `taken` tells that somebody else took what I was asked to take.

    `approvals` is how much waits for my word, or for a leader's on what I asked for; `overdue_claims` how many claims
    on the guarantee should have been decided by now.
    """

    mine: Sequence[RowView]
    line: Sequence[RowView]
    offer: OfferView | None
    taken: str
    presence: str
    counts: Counts
    longest: str
    approvals: int
    overdue_claims: int


async def load(tx: Tx, actor: Actor, parts: Collection[Part] = tuple(Part)) -> Board:
    """The board, or these parts of it; the others stay empty."""
    offer = await queries.my_offer(tx, actor) if Part.OFFER in parts else None
    return Board(
        me=await queries.my_presence(tx, actor) if Part.PRESENCE in parts else None,
        mine=await queries.my_cases(tx, actor) if Part.MINE in parts else (),
        owed=await queries.records_owed(tx, actor) if Part.MINE in parts else (),
        line=await queries.queue_list(tx, actor) if Part.LINE in parts else (),
        offer=offer,
        taken=await queries.taken_from_me(tx, actor) if Part.OFFER in parts and not offer else None,
        counts=await queries.counts(tx, actor) if Part.COUNTS in parts else _NOBODY,
        approvals=await count_approvals(tx, actor) if Part.APPROVALS in parts else 0,
        overdue_claims=await overdue(tx, actor) if Part.APPROVALS in parts else 0,
    )


def case_url(case_id: UUID) -> str:
    """The page of a case."""
    return f"/desk/cases/{case_id}"


def view(board: Board, visitor: Visitor) -> BoardView:
    """The board as the template shows it: mine by urgency, then what I owe a record; the line as it will be served."""
    reader, taken = visitor.reader, board.taken
    return BoardView(
        mine=[
            *(_my_row(row, reader) for row in sorted(board.mine, key=_urgency)),
            *(_owed_row(row, reader) for row in board.owed),
        ],
        line=[_line_row(row, visitor) for row in board.line],
        offer=_offer(board.offer, reader) if board.offer else None,
        taken=reader.t("desk.taken", customer=customer_name(taken.customer_name, reader), name=taken.by)
        if taken
        else "",
        presence=board.presence,
        counts=board.counts,
        longest=span(clock.now() - board.counts.longest_since, reader) if board.counts.longest_since else "",
        approvals=board.approvals,
        overdue_claims=board.overdue_claims,
    )


def next_up(mine: Sequence[MyCase]) -> UUID | None:
    """The conversation of mine to go on with: whoever has been waiting longest, else the one I last wrote in."""
    live = [case for case in mine if case.state is not State.PARKED]
    return min(live, key=_urgency).case_id if live else None


def accept_url(item_id: UUID, case_id: UUID) -> str:
    """Where a piece of work is taken; the case is where it is told that somebody was quicker."""
    return f"/desk/offers/{item_id}/accept?case={case_id}"


def _offer(offer: Offer, reader: Reader) -> OfferView:
    handover = offer.handover
    return OfferView(
        name=customer_name(offer.customer_name, reader),
        reason=" · ".join(
            filter(None, (reason_label(offer.reason, reader), reader.t(f"desk.language.{offer.language}")))
        ),
        summary=[line.to(reader) for line in handover.lines] if handover else [],
        wait=waited(offer.enqueued_at, reader),
        until=offer.expires_at,
        seconds=round((offer.expires_at - offer.offered_at).total_seconds()),
        left=max(round((offer.expires_at - clock.now()).total_seconds()), 1),
        accept_url=accept_url(offer.item_id, offer.case_id),
        decline_url=f"/desk/offers/{offer.item_id}/decline",
    )


def customer_name(name: str, reader: Reader) -> str:
    """What to call a customer who may have told no name."""
    return name or reader.t("desk.guest")


def reason_label(reason: str | None, reader: Reader) -> str:
    """The contact reason in the reader's language; empty while it is not known."""
    known = REASONS.get(reason or "")
    return known.label[reader.lang] if known else ""


def waited(since: datetime, reader: Reader) -> str:
    """How long somebody has been waiting, in words."""
    return reader.t("desk.waits", span=span(clock.now() - since, reader))


def span(length: timedelta, reader: Reader) -> str:
    """A length of time in its largest whole unit."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return reader.t("desk.span.seconds", n=seconds)
    if seconds < 3_600:
        return reader.t("desk.span.minutes", n=seconds // 60)
    if seconds < 86_400:
        return reader.t("desk.span.hours", n=seconds // 3_600)
    return reader.t("desk.span.days", n=seconds // 86_400)


def tone(since: datetime) -> str:
    """How a wait looks: calm until it is long."""
    length = clock.now() - since
    return "plain" if length < _LONG else "waiting" if length < _TOO_LONG else "risk"


def owed_since(case: MyCase) -> datetime | None:
    """Since when the customer has been waiting for my words; None when it is their turn.

    What I have not seen is not answered, whatever the bot said after it.
    """
    answered = case.last_staff_at is not None and case.last_customer_at and case.last_staff_at >= case.last_customer_at
    return None if answered and not case.unread else case.last_customer_at


def _urgency(case: MyCase) -> tuple[bool, bool, datetime, UUID]:
    owed = owed_since(case)
    return case.state is State.PARKED, owed is None, owed or case.last_staff_at or clock.now(), case.case_id


def _my_row(row: MyCase, reader: Reader) -> RowView:
    owed = owed_since(row)
    parked = row.state is State.PARKED
    return _row(
        row,
        "my-row",
        reader,
        preview=row.last_text or "",
        wait=reader.t("desk.parked") if parked else waited(owed, reader) if owed else "",
        tone="plain" if parked or not owed else tone(owed),
        unread=row.unread,
    )


def _owed_row(row: Owed, reader: Reader) -> RowView:
    return _row(row, "my-row", reader, preview=reader.t("desk.owed.note"), wait=reader.t("desk.owed"), tone="waiting")


def _line_row(row: QueueRow, visitor: Visitor) -> RowView:
    reader = visitor.reader
    offered = row.offered_to and row.offered_to != visitor.actor.id
    return _row(
        row,
        "queue-row",
        reader,
        preview=reader.t("desk.offered_to", name=row.offered_name or "") if offered else row.last_text or "",
        wait=waited(row.enqueued_at, reader),
        tone=tone(row.enqueued_at),
        priority="" if row.priority == Priority.NORMAL else reader.t(f"routing.priority.{row.priority}"),
    )


def _row(
    of: MyCase | Owed | QueueRow,
    kind: str,
    reader: Reader,
    *,
    preview: str,
    wait: str,
    tone: str,
    unread: int = 0,
    priority: str = "",
) -> RowView:
    """A row with what all of them tell of a case; its id begins with its `kind`."""
    return RowView(
        id=f"{kind}-{of.case_id}",
        case_id=str(of.case_id),
        url=case_url(of.case_id),
        name=customer_name(of.customer_name, reader),
        number=of.number,
        reason=reason_label(of.reason, reader),
        preview=preview,
        channel="chat",
        language=of.language,
        wait=wait,
        tone=tone,
        unread=unread,
        priority=priority,
    )

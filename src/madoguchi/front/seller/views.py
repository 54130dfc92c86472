"""Threads as a seller's pages show them: the most urgent first, in words and with the time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Author
from madoguchi.core.threads.queries import Goods, Line
from madoguchi.core.threads.rules import Question, Standing, Thread
from madoguchi.front.ui.timeline import EntryView, entry_views
from madoguchi.kit.i18n import Reader

SOON = timedelta(hours=12)  # of what is left: worth a look
WAITS = frozenset({Standing.WAITING, Standing.OVERDUE})
TONES = {Standing.WAITING: "waiting", Standing.OVERDUE: "wrong", Standing.ANSWERED: "done", Standing.CLOSED: "plain"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in a list."""

    url: str
    title: str
    text: str
    meta: str
    state: str
    tone: str
    unread: bool = False


class Deadline(msgspec.Struct, frozen=True):
    """Until when an answer is due: in words and with the time."""

    words: str
    tone: str


class ThreadView(msgspec.Struct, frozen=True, kw_only=True):
    """One thread: who asks by alias, about what, until when, and what was said."""

    id: UUID
    url: str
    title: str
    deadline: Deadline
    facts: Sequence[tuple[str, str]]
    goods: Sequence[tuple[str, int]]
    entries: Sequence[EntryView]
    waits: bool
    closed: bool


def thread_url(case_id: UUID) -> str:
    """The page of a thread."""
    return f"/seller/threads/{case_id}"


def row(line: Line, now: datetime, reader: Reader) -> Row:
    """A thread in a list; what waits tells until when."""
    stands = line.standing(now)
    told = deadline(stands, line.due_at, now, reader)
    return Row(
        url=thread_url(line.case_id),
        title=reader.t(f"threads.topic.{line.topic}"),
        text=_about(line.order_ref, line.product, reader),
        meta=told.words if stands in WAITS else reader.datetime(line.answered_at or line.opened_at),
        state=reader.t(f"threads.standing.{stands}"),
        tone=told.tone,
    )


def deadline(stands: Standing, due_at: datetime, now: datetime, reader: Reader) -> Deadline:
    """How long there is still time, or since when there is none."""
    match stands:
        case Standing.WAITING:
            left = due_at - now
            words = reader.t("seller.due.in", left=span(left, reader), time=due_at)
            return Deadline(words, "risk" if left <= SOON else "waiting")
        case Standing.OVERDUE:
            return Deadline(reader.t("seller.due.over", late=span(now - due_at, reader), time=due_at), "wrong")
    return Deadline(reader.t(f"seller.due.{stands}"), TONES[stands])


def span(left: timedelta, reader: Reader) -> str:
    """A time in hours, the last one in minutes."""
    minutes = max(1, int(left.total_seconds() // 60))
    if minutes < 60:
        return reader.t("seller.span.minutes", n=minutes)
    return reader.t("seller.span.hours", n=minutes // 60)


def thread_view(
    thread: Thread,
    question: Question,
    goods: Goods,
    entries: Sequence[Entry],
    now: datetime,
    reader: Reader,
    *,
    closed: bool,
) -> ThreadView:
    """The thread for its page."""
    stands = question.standing(now, closed=closed)
    return ThreadView(
        id=thread.case_id,
        url=thread_url(thread.case_id),
        title=reader.t(f"threads.topic.{thread.topic}"),
        deadline=deadline(stands, question.due_at, now, reader),
        facts=[*_facts(thread, goods, reader)],
        goods=goods.lines,
        entries=[_entry(view, thread, reader) for view in entry_views(entries, reader)],
        waits=stands in WAITS,
        closed=closed,
    )


def _facts(thread: Thread, goods: Goods, reader: Reader) -> Iterator[tuple[str, str]]:
    yield reader.t("seller.fact.customer"), reader.t("threads.alias", alias=thread.alias)
    yield reader.t("seller.fact.wanted"), reader.t(f"threads.wanted.{thread.wanted}")
    if goods.order_ref:
        yield reader.t("ui.order.number"), goods.order_ref
    if goods.placed_at:
        yield reader.t("seller.fact.placed"), reader.date(goods.placed_at)
    if goods.state:
        yield reader.t("seller.fact.state"), reader.t(f"orders.state.{goods.state}")


def _entry(view: EntryView, thread: Thread, reader: Reader) -> EntryView:
    """An entry with the customer's alias, and photos under addresses of this door."""
    photos = tuple(
        msgspec.structs.replace(one, url=_photo(thread, view.seq), preview_url=_photo(thread, view.seq))
        for one in view.attachments
    )
    alias = reader.t("threads.alias", alias=thread.alias) if view.author == Author.CUSTOMER else view.author_name
    return msgspec.structs.replace(view, author_name=alias, attachments=photos)


def _photo(thread: Thread, seq: int) -> str:
    return f"{thread_url(thread.case_id)}/photos/{seq}"


def _about(order_ref: str | None, product: str | None, reader: Reader) -> str:
    if order_ref:
        return reader.t("seller.about.order", order=order_ref)
    return reader.t("seller.about.product", product=product or "")

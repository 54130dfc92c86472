"""Cases and orders as the counter's pages list them: one plain sentence each, saying what happens and until when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.actions.rules import QueueTicket
from madoguchi.core.cases.queries import Case, CaseLine, latest_open_chat
from madoguchi.core.cases.rules import State
from madoguchi.core.people.sellers.queries import seller
from madoguchi.core.people.staff.queries import staff
from madoguchi.core.shop.queries import Order
from madoguchi.core.threads import queries as threads
from madoguchi.front.counter import finder
from madoguchi.front.ui.cards import OrderView, order_view, ticket_view
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.orders.verbs import order_cards
from madoguchi.service.routing import queries as routing
from madoguchi.service.routing.rules import LIMITS

_TONES = {
    State.BOT: "plain",
    State.QUEUED: "waiting",
    State.ACTIVE: "plain",
    State.PARKED: "waiting",
    State.SELLER: "waiting",
}


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list."""

    id: UUID
    url: str
    number: str
    title: str
    text: str
    state: str
    tone: str
    meta: str
    unread: bool


class Earlier(msgspec.Struct, frozen=True):
    """A chat that can be gone on with."""

    id: UUID
    about: str
    time: datetime


async def earlier_chat(tx: Tx, customer: UUID | None, reader: Reader) -> Earlier | None:
    """The chat that the customer could go on with."""
    case = await latest_open_chat(tx, customer) if customer else None
    return Earlier(case.id, title(case.reason, reader), case.last_customer_at or case.opened_at) if case else None


def title(reason: str | None, reader: Reader) -> str:
    """What a case is about."""
    return finder.label(reason, reader) if reason else reader.t("counter.case.untitled")


async def case_rows(tx: Tx, lines: Sequence[CaseLine], reader: Reader) -> list[CaseRow]:
    """Cases for a list; those in line with their place as it is now, those with a seller with the deadline."""
    return [_case_row(line, await _now(tx, line, reader), reader) for line in lines]


async def happening(tx: Tx, case: Case, reader: Reader) -> str:
    """What is happening with a case, and until when."""
    if case.seller_id:
        return await with_seller(tx, case.id, reader, closed=case.state is State.CLOSED)
    name = (await staff(tx, case.assigned_to)).name if case.assigned_to else ""
    return _sentence(case.state, await _ticket(tx, case.id, case.state), name, _ends(case), case.closed_at, reader)


async def with_seller(tx: Tx, case_id: UUID, reader: Reader, *, closed: bool) -> str:
    """How a thread with a seller stands that the customer was found to see."""
    question = await threads.last_question(tx, case_id)
    thread = await threads.thread(tx, case_id)
    if question is None or thread is None:
        return reader.t("counter.case.seller")
    name = (await seller(tx, thread.seller_id)).name
    stands = question.standing(tx.now, closed=closed)
    return reader.t(f"counter.case.seller.{stands}", seller=name, time=question.due_at)


async def order_views(tx: Tx, orders: Sequence[Order], reader: Reader) -> list[OrderView]:
    """Orders for a list, in the time zones of their shops."""
    return [order_view(card, reader) for card in await order_cards(tx, orders)]


async def _now(tx: Tx, line: CaseLine, reader: Reader) -> str:
    if line.state is State.SELLER:
        return await with_seller(tx, line.id, reader, closed=False)
    ended = line.last_at if line.state is State.CLOSED else None
    return _sentence(line.state, await _ticket(tx, line.id, line.state), "", None, ended, reader)


def _case_row(line: CaseLine, happening: str, reader: Reader) -> CaseRow:
    return CaseRow(
        id=line.id,
        url=f"/cases/{line.id}",
        number=line.number,
        title=title(line.reason, reader),
        text=happening,
        state=reader.t(f"counter.case.state.{line.state}"),
        tone=_TONES.get(line.state, "done"),
        meta=reader.date(line.last_at or line.opened_at),
        unread=line.unread > 0,
    )


def _sentence(
    state: State, ticket: QueueTicket | None, name: str, ends: datetime | None, closed: datetime | None, reader: Reader
) -> str:
    t = reader.t
    match state:
        case State.QUEUED if ticket and (wait := ticket_view(ticket, reader).wait):
            return t("counter.case.queued.wait", place=ticket.place, wait=wait)
        case State.ACTIVE if name:
            return t("counter.case.active.name", name=name)
        case State.PARKED if ends:
            return t("counter.case.parked.until", time=ends)
        case State.CLOSED if closed:
            return t("counter.case.closed.on", day=reader.date(closed))
    return t(f"counter.case.{state}")


def _ends(case: Case) -> datetime | None:
    """When a silent conversation will be over."""
    spoken = case.last_staff_at or case.opened_at
    return spoken + LIMITS.end_after if case.state is State.PARKED else None


async def _ticket(tx: Tx, case_id: UUID, state: State) -> QueueTicket | None:
    return await routing.place_and_wait(tx, case_id) if state is State.QUEUED else None

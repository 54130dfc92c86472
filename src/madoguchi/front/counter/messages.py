"""The message centre: a copy of everything the shop wrote to this customer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Level
from madoguchi.core.people import queries as people
from madoguchi.front.counter.page import own, page
from madoguchi.front.ui.access import CUSTOMERS, get
from madoguchi.front.ui.documents import view as document_view
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.notices import queries, verbs
from madoguchi.service.notices.queries import Message, MessageLine
from madoguchi.service.receipts.queries import Issued, receipts_of_customer

_ON_A_PAGE = 20


class MailRow(msgspec.Struct, frozen=True):
    """A message in the list."""

    url: str
    subject: str
    correspondent: str
    time: datetime
    unread: bool


class MailPage(msgspec.Struct, frozen=True):
    """A message, opened."""

    subject: str
    sender: str
    recipient: str
    time: datetime
    text: str
    code: str


@get("/messages", access=CUSTOMERS)
async def messages(request: Asked, services: Services, visitor: Visitor, before: UUID | None = None) -> Response[str]:
    """Newest first, a page at a time; on the first one also the newest documents."""
    proven = visitor.actor.level >= Level.PROVEN

    async def work(tx: Tx) -> tuple[Sequence[MessageLine], Sequence[Issued], str]:
        shop = (await people.store(tx, visitor.store_id)).name
        if visitor.actor.id is None:
            return (), (), shop
        issued = await receipts_of_customer(tx, visitor.actor.id) if proven and before is None else ()
        last = await queries.access_message(tx, visitor.actor, before) if before else None
        place = (last.created_at, last.id) if last else None
        return await queries.messages_of(tx, visitor.actor.id, before=place, limit=_ON_A_PAGE + 1), issued, shop

    found, issued, shop = await services.db.run(visitor.actor, work)
    shown = found[:_ON_A_PAGE]
    return page(
        request,
        services,
        visitor,
        "messages.html",
        messages=[_row(line, shop, visitor.reader) for line in shown],
        more=shown[-1].id if len(found) > _ON_A_PAGE else None,
        first=before is None,
        proven=proven,
        documents=[document_view(one, visitor.reader) for one in issued],
    )


@get("/messages/{message_id:uuid}", access=CUSTOMERS)
async def message(request: Asked, services: Services, visitor: Visitor, message_id: UUID) -> Response[str]:
    """One message; it counts as read now."""

    async def work(tx: Tx) -> tuple[Message, MailPage]:
        held = await queries.access_message(tx, visitor.actor, message_id)
        assert held.customer_id, "a customer reads no others"
        await verbs.mark_read(tx, visitor.actor, message_id)
        shop = await people.store(tx, visitor.store_id)
        customer = await people.access_customer(tx, visitor.actor, held.customer_id)
        return held, MailPage(
            subject=held.subject,
            sender=shop.name,
            recipient=customer.name or visitor.reader.t("ui.author.customer"),
            time=held.created_at,
            text=held.body,
            code=held.check_code,
        )

    held, shown = await own(request, services, visitor, work)
    return page(request, services, visitor, "message.html", message=held, mail=shown, ways=_ways(held, visitor.reader))


def _ways(of: Message, reader: Reader) -> list[tuple[str, str]]:
    """Pages that are needed for what goes on; the order has a way of its own."""
    ways = of.slip.then.ways if of.slip and of.slip.then else ()
    return [(reader.t(f"notices.link.{name}"), path) for name, path in ways if name != "order"]


def _row(line: MessageLine, shop: str, reader: Reader) -> MailRow:
    return MailRow(
        url=f"/messages/{line.id}",
        subject=line.subject,
        correspondent=shop,
        time=line.created_at.astimezone(reader.zone),
        unread=line.read_at is None,
    )

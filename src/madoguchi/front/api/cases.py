"""Inquiries (cases) of the customer, those of the bot and of people, open and closed."""

from uuid import UUID

from litestar import Response
from msgspec.structs import asdict

from madoguchi.core.cases import queries
from madoguchi.front.api import chats, paging
from madoguchi.front.api.routes import Asked, Operation, answer, get, query
from madoguchi.front.api.structs import CaseLine, CaseWithEntries, Page, Paging
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx

LAST = 100
_TAG = "Inquiries"


@get("/cases", Operation(tag=_TAG, query=Paging, gives=Page[CaseLine]))
async def show_all(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's inquiries, newest first."""
    wish = query(request, Paging)
    actor = visitor.actor
    before = paging.read(wish.after, UUID)

    async def work(tx: Tx) -> Page[CaseLine]:
        rows = await queries.cases_of(tx, actor.id, before=before, limit=wish.limit + 1) if actor.id else []
        return paging.page(rows, wish.limit, _line, lambda row: row.id)

    return answer(await services.db.run(actor, work))


@get("/cases/{case_id:uuid}", Operation(tag=_TAG, gives=CaseWithEntries, refuses=("not_found",)))
async def show(services: Services, visitor: Visitor, case_id: UUID) -> Response[bytes]:
    """An inquiry with its last entries."""
    actor, reader = visitor.actor, visitor.reader

    async def work(tx: Tx) -> CaseWithEntries:
        case = await queries.access_case(tx, actor, case_id)
        last = await queries.entries(tx, case_id, actor.audience, before=case.last_seq + 1, limit=LAST)
        return CaseWithEntries(**asdict(chats.chat(case)), entries=[told.entry(entry, reader) for entry in last])

    return answer(await services.db.run(actor, work))


def _line(of: queries.CaseLine) -> CaseLine:
    return CaseLine(
        id=of.id,
        number=of.number,
        state=of.state,
        reason=of.reason,
        order=of.order_id,
        opened_at=of.opened_at,
        last_text=of.last_text,
        last_author=of.last_author,
        last_at=of.last_at,
        unread=of.unread,
    )


ROUTES = [show_all, show]

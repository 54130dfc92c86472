"""A customer's inquiries: what is happening with each and until when, and what was said."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response

from madoguchi.core.access.rules import Audience
from madoguchi.core.cases import queries
from madoguchi.core.cases.queries import Case, Entry
from madoguchi.core.cases.rules import State
from madoguchi.front.counter import views
from madoguchi.front.counter.page import own, page
from madoguchi.front.counter.views import CaseRow
from madoguchi.front.ui.access import CUSTOMERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.timeline import entry_views
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx

_ON_A_PAGE = 20
_ENTRIES = 100


@get("/cases", access=CUSTOMERS)
async def cases(request: Asked, services: Services, visitor: Visitor, before: UUID | None = None) -> Response[str]:
    """Newest first, a page at a time."""

    async def work(tx: Tx) -> tuple[Sequence[CaseRow], UUID | None]:
        if visitor.actor.id is None:
            return (), None
        found = await queries.cases_of(tx, visitor.actor.id, before=before, limit=_ON_A_PAGE + 1)
        shown = found[:_ON_A_PAGE]
        more = shown[-1].id if len(found) > _ON_A_PAGE else None
        return await views.case_rows(tx, shown, visitor.reader), more

    rows, more = await services.db.run(visitor.actor, work)
    return page(
        request, services, visitor, "cases.html", cases=rows, more=more, first=before is None, client_id=ids.uuid7()
    )


@get("/cases/{case_id:uuid}", access=CUSTOMERS)
async def case(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, before: int | None = None
) -> Response[str]:
    """One inquiry, to read."""

    async def work(tx: Tx) -> tuple[Case, str, Sequence[Entry]]:
        held = await queries.access_case(tx, visitor.actor, case_id)
        upto = before or held.last_seq + 1
        said = await queries.entries(tx, case_id, Audience.CUSTOMER, before=upto, limit=_ENTRIES)
        return held, await views.happening(tx, held, visitor.reader), said

    held, happening, said = await own(request, services, visitor, work)
    entries = entry_views(said, visitor.reader)
    return page(
        request,
        services,
        visitor,
        "case.html",
        case=held,
        title=views.title(held.reason, visitor.reader),
        happening=happening,
        closed=held.state is State.CLOSED,
        entries=entries,
        earlier=f"/cases/{case_id}?before={entries[0].seq}" if len(entries) == _ENTRIES else "",
    )

"""How a conversation was: one tap, then, if somebody likes, why. Looking at the question records nothing."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.front.counter.page import both, own, page, place_of, see_other
from madoguchi.front.ui.access import CUSTOMERS, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.surveys.queries import Survey, survey_of


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From 1 to 5, and what else there is to say; what is None stays as it was."""

    rating: int
    solved: bool | None = None
    comment: str | None = None


@get(both("/cases/{case_id:uuid}/survey"), access=CUSTOMERS)
async def ask(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[str]:
    """The question, with the answer as far as there is one."""
    return await _page(request, services, visitor, case_id)


@post(both("/cases/{case_id:uuid}/survey"), access=CUSTOMERS)
async def rate(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Keep the answer; it can be changed for some days."""
    given = await form(request, Rating)
    slow_down(services.limits.write, visitor.counted_as)
    arguments = {"case_id": case_id} | msgspec.to_builtins(given)
    try:
        await services.db.run(
            visitor.actor,
            lambda tx: actions.run(tx, services.catalogue, visitor.actor, "survey.answer", arguments),
        )
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(request, services, visitor, case_id, given.comment, refused)
    return see_other(place_of(request).url(f"/cases/{case_id}/survey"))


async def _page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    comment: str | None = None,
    refused: Refused | None = None,
) -> Response[str]:
    async def work(tx: Tx) -> Survey:
        found = await survey_of(tx, visitor.actor, case_id)
        if found is None:
            raise invisible()
        return found

    survey = await own(request, services, visitor, work)
    return page(
        request,
        services,
        visitor,
        "survey.html",
        refused=refused,
        case_id=case_id,
        survey=survey,
        comment=survey.comment if comment is None else comment,
    )

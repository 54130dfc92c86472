"""What a customer thinks of a seller's answer about a product: a short form behind the conversation."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Refusal
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.fields import field_views, filled_in, mistakes
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.links import thing_url
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

RATE = "thread.rate"
PATH = "/chat/{case_id:uuid}/rating"


@get(PATH, access=KNOWN_CUSTOMERS)
async def show(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[str]:
    """The form, with what was said before."""
    return await _page(request, services, visitor, case_id, None, None)


@post(PATH, access=KNOWN_CUSTOMERS)
async def rate(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[str]:
    """Say it, and go back to the conversation."""
    actor, subject = visitor.actor, Subject(About.CASE, case_id)
    given = await posted(request)

    async def work(tx: Tx) -> None:
        asked = await actions.fields(tx, actor, services.catalogue.actions[RATE], subject)
        await actions.run(tx, services.catalogue, actor, RATE, subject.arguments | filled_in(asked, given))

    try:
        slow_down(services.limits.write, visitor.counted_as)
        await services.db.run(actor, work)
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(request, services, visitor, case_id, given, refused)
    return see_other(thing_url(subject))


async def _page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    values: Mapping[str, Any] | None,
    refused: Refused | None,
) -> Response[str]:
    action, subject = actions.find(services.catalogue, visitor.actor, RATE), Subject(About.CASE, case_id)
    offer = action.offer
    assert offer

    async def work(tx: Tx) -> tuple[tuple[Field, ...], Refusal | None]:
        return await actions.fields(tx, visitor.actor, action, subject), await offer(tx, visitor.actor, subject)

    fields, why_not = await services.db.run(visitor.actor, work)
    if why_not and refused is None:
        refused = Refused(why_not.code, 409)
    shown = field_views(RATE, fields, visitor.reader, values)
    wrong = mistakes(shown, visitor.reader)
    return page(
        request,
        services,
        visitor,
        "rating.html",
        refused=refused,
        title=visitor.reader.t(f"actions.{RATE}.name"),
        fields=() if why_not else shown,
        wrong=wrong,
        problem=sentence(refused, visitor) if refused and not wrong else "",
        back=thing_url(subject),
    )

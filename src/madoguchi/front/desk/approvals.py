"""Approvals: what goes beyond somebody's limits is granted, or not, by somebody else."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Actor, Role, outranks
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.requests import queries, verbs
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import Request
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.waiting import HERE, Decided, Waiting, decided_view, load, load_decided, view
from madoguchi.front.ui.access import STAFF_ONLY, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.ui.wishes import settled
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns.queries import count_to_decide


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word for whoever asked; with `case`, it was decided inside the conversation."""

    note: str = ""
    case: bool = False


class Given(msgspec.Struct, frozen=True):
    """What was written about which wish, to be shown again when it was refused."""

    request_id: str
    note: str


_Verb = Callable[[Tx, Catalogue, Actor, UUID, str], Awaitable[Request]]


@get(HERE, access=STAFF_ONLY)
async def show(services: Services, visitor: Visitor) -> Response[Any]:
    """What waits for me, what of mine waits for others, and what was decided."""
    return await _page(services, visitor)


@post(f"{HERE}/{{request_id:uuid}}/approval", access=STAFF_ONLY)
async def approve(request: Asked, services: Services, visitor: Visitor, request_id: UUID) -> Response[Any]:
    """Let it be carried out."""
    return await _answer(request, services, visitor, request_id, approvals.approve)


@post(f"{HERE}/{{request_id:uuid}}/refusal", access=STAFF_ONLY)
async def decline(request: Asked, services: Services, visitor: Visitor, request_id: UUID) -> Response[Any]:
    """Do not, and say why."""
    return await _answer(request, services, visitor, request_id, approvals.decline)


@post(f"{HERE}/{{request_id:uuid}}/withdrawal", access=STAFF_ONLY)
async def take_back(request: Asked, services: Services, visitor: Visitor, request_id: UUID) -> Response[Any]:
    """Whoever asked does not want it any more."""
    actor, catalogue = visitor.actor, services.catalogue
    given = await form(request, Decision)

    async def work(tx: Tx) -> Request:
        if (await queries.access_request(tx, actor, request_id)).actor_id != actor.id:
            raise Refused("forbidden", 403)
        return await verbs.withdraw(tx, catalogue, actor, request_id)

    return await _decide(request, services, visitor, request_id, given, work)


async def _answer(request: Asked, services: Services, visitor: Visitor, request_id: UUID, verb: _Verb) -> Response[Any]:
    given = await form(request, Decision)
    return await _decide(
        request, services, visitor, request_id, given,
        lambda tx: verb(tx, services.catalogue, visitor.actor, request_id, given.note),
    )  # fmt: skip


async def _decide(
    request: Asked,
    services: Services,
    visitor: Visitor,
    request_id: UUID,
    given: Decision,
    work: Callable[[Tx], Awaitable[Request]],
) -> Response[Any]:
    try:
        made = await settled(services, visitor.actor, await services.db.run(visitor.actor, work))
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, refused, Given(str(request_id), given.note))
    back = case_url(made.case_id) + "?pane=customer" if given.case and made.case_id else HERE
    return done(request, back, wish=made.id, state=made.state)


async def _page(
    services: Services, visitor: Visitor, refused: Refused | None = None, given: Given | None = None
) -> Response[Any]:
    actor, reader = visitor.actor, visitor.reader

    async def work(tx: Tx) -> tuple[int, list[Waiting], list[Waiting], list[Decided]]:
        return (
            await count_to_decide(tx) if outranks(actor, Role.LEADER) else 0,
            await load(tx, actor, await queries.awaiting_approval(tx, actor)),
            await load(tx, actor, await queries.asked_approval(tx, actor)),
            await load_decided(tx, actor, await queries.decided_approvals(tx, actor)),
        )

    returns, waiting, mine, decided = await services.db.run(actor, work)
    return page(
        services,
        visitor,
        "desk/approvals.html",
        HERE,
        refused=refused,
        returns=returns,
        waiting=[view(one, reader) for one in waiting],
        mine=[view(one, reader) for one in mine],
        decided=[decided_view(one, reader) for one in decided],
        given=given,
        decides=outranks(actor, Role.LEADER),
    )

"""The desk's page: the board on the left, a conversation in the middle, its customer on the right."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.front.desk import board, customer, quotes, room
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.checks import Check
from madoguchi.front.desk.given import Ask, Given, Record, Transfer, Words
from madoguchi.front.ui.access import STAFF_ONLY, get
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import raise_unshown, wants_json
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing.verbs import heartbeat

Pane = Literal["list", "talk", "customer"]  # the one that a narrow screen shows
Before = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class Answer(msgspec.Struct, frozen=True):
    """What a look-up (an action) tells, in the reader's words."""

    action: str
    lines: tuple[str, ...]


@get("/desk", access=STAFF_ONLY)
async def show_desk(services: Services, visitor: Visitor) -> Response[Any]:
    """The desk with no case open."""
    actor = visitor.actor

    async def work(tx: Tx) -> board.Board:
        await heartbeat(tx, actor)  # whoever reads the desk is there, also where no script beats
        return await board.load(tx, actor)

    loaded = await services.db.run(actor, work)
    return page(
        services,
        visitor,
        "desk/page.html",
        "/desk",
        board=board.view(loaded, visitor),
        room=None,
        pane="list",
    )


@get("/desk/cases/{case_id:uuid}", access=STAFF_ONLY)
async def show_case(
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    pane: Pane = "talk",
    order: UUID | None = None,
    before: Before | None = None,
) -> Response[Any]:
    """The desk with a case; `order` chooses what the right pane shows, `before` turns back in the conversation."""
    return await show(services, visitor, case_id, pane=pane, order_id=order, before=before)


@get("/desk/cases/{case_id:uuid}/quotes/{quote_id:uuid}", access=STAFF_ONLY)
async def show_quote(services: Services, visitor: Visitor, case_id: UUID, quote_id: UUID) -> Response[Any]:
    """The case with what an action would do, to be confirmed."""
    return await show(services, visitor, case_id, pane="customer", quote_id=quote_id)


async def show(
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    *,
    pane: Pane = "talk",
    order_id: UUID | None = None,
    before: int | None = None,
    quote_id: UUID | None = None,
    given: Given | None = None,
    doubts: Sequence[Check] = (),
    answer: Answer | None = None,
    refused: Refused | None = None,
) -> Response[Any]:
    """The page with a case, also as the answer to a post that did not go through."""
    actor, wanted = visitor.actor, given if isinstance(given, Ask) else None

    async def work(tx: Tx) -> tuple[board.Board, room.Room, quotes.Asked | None]:
        await heartbeat(tx, actor)
        opened = await room.load(
            tx, actor, services.catalogue, case_id, before=before, order_id=order_id, wanted=wanted
        )
        asked = await quotes.access_asked(tx, actor, opened.case, quote_id) if quote_id else None
        return await board.load(tx, actor), opened, asked

    beside, opened, asked = await services.db.run(actor, work)
    return page(
        services,
        visitor,
        "desk/page.html",
        case_url(case_id),
        refused=refused,
        board=board.view(beside, visitor),
        room=room.view(opened, visitor.reader),
        customer=customer.view(
            opened.pane,
            visitor.reader,
            acts=opened.holding.acts,
            writes=opened.holding.writable,
            wanted=wanted,
        ),
        asked=quotes.view(asked, services.signer, visitor) if asked else None,
        answer=answer,
        words=given if isinstance(given, Words) else Words(),
        transfer=given if isinstance(given, Transfer) else None,
        record=given if isinstance(given, Record) else None,
        doubts=doubts,
        pane=pane,
        max_bytes=services.settings.upload_limit,
        status=409 if doubts else 200,
    )


async def explain(
    request: Asked,
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    refused: Refused,
    **shown: Any,
) -> Response[Any]:
    """A post in a case that did not go through: its page with the reason, or the problem for a script."""
    raise_unshown(request, refused)
    return await show(services, visitor, case_id, refused=refused, **shown)


async def tell(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, answer: Answer, order_id: UUID | None
) -> Response[Any]:
    """What a look-up in a case tells: beside it on its page, or to a script."""
    if wants_json(request):
        return Response(msgspec.structs.asdict(answer))
    return await show(services, visitor, case_id, pane="customer", order_id=order_id, answer=answer)

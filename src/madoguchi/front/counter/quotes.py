"""A quote as a slip to confirm, and what became of it."""

from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions.verbs import subject_of
from madoguchi.core.drafts import verbs as drafts
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import Quote, Request, access_quote, access_request, request_of_quote
from madoguchi.front.counter import orders, returning
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import SlipView, slip_view
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.links import RETURN, action_url, outcome_url, thing_url
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.ui.wishes import settled
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token that the slip carried."""

    token: str


@get("/quotes/{quote_id:uuid}", access=KNOWN_CUSTOMERS)
async def quote(request: Asked, services: Services, visitor: Visitor, quote_id: UUID) -> Response[str]:
    """The slip, with a confirmation that is good from now on; confirmed before, what became of it."""
    return await _page(request, services, visitor, quote_id, None)


@post("/quotes/{quote_id:uuid}/confirm", access=KNOWN_CUSTOMERS)
async def confirm(request: Asked, services: Services, visitor: Visitor, quote_id: UUID) -> Response[str]:
    """Do it, once; waits a moment for the end."""
    given = await form(request, Confirmation)
    actor = visitor.actor
    slow_down(services.limits.write, visitor.counted_as)

    async def work(tx: Tx) -> Request:
        made = await requests.confirm(tx, services.catalogue, services.signer, actor, quote_id, given.token)
        if made.order_id:
            await drafts.drop(tx, made.customer_id, made.order_id, made.action)
        return made

    try:
        made = await services.db.run(actor, work)
    except Refused as refused:
        if refused.status != 409:
            raise
        return await _page(request, services, visitor, quote_id, refused)
    return see_other(outcome_url(await settled(services, actor, made)))


@get("/requests/{request_id:uuid}", access=KNOWN_CUSTOMERS)
async def wish(request: Asked, services: Services, visitor: Visitor, request_id: UUID) -> Response[str]:
    """What was done, or what is being waited for."""

    async def work(tx: Tx) -> tuple[Request, Quote]:
        held = await access_request(tx, visitor.actor, request_id)
        return held, await access_quote(tx, visitor.actor, held.quote_id)

    held, of = await services.db.run(visitor.actor, work)
    code = held.outcome.code if held.outcome else None
    return page(
        request,
        services,
        visitor,
        "request.html",
        held=held,
        slip=_outcome(held, of, visitor.reader),
        why=visitor.reader.t(f"errors.{code}") if code else "",
        client_id=ids.uuid7(),
    )


def _outcome(held: Request, of: Quote, reader: Reader) -> SlipView | None:
    """What was done; until it is settled, what is asked for, without the words that come before a confirmation."""
    if held.outcome is None:
        return msgspec.structs.replace(slip_view(of.draft.slip, reader), next="", warning="")
    return slip_view(held.outcome.slip, reader, done_at=held.settled_at) if held.outcome.slip else None


async def _page(
    request: Asked, services: Services, visitor: Visitor, quote_id: UUID, refused: Refused | None
) -> Response[str]:
    async def work(tx: Tx) -> tuple[Quote, Request | None]:
        return await access_quote(tx, visitor.actor, quote_id), await request_of_quote(tx, quote_id)

    held, made = await services.db.run(visitor.actor, work)
    if made:
        return see_other(f"/requests/{made.id}")
    reader = visitor.reader
    subject = subject_of(services.catalogue.actions[held.action], visitor.actor, held.arguments)
    slip = slip_view(held.draft.slip, reader, expires=held.expires_at)
    over = clock.now() > held.expires_at
    if over:
        slip = msgspec.structs.replace(slip, state="expired", state_label=reader.t("counter.quote.expired"))
    return page(
        request,
        services,
        visitor,
        "quote.html",
        refused=refused,
        quote=held,
        slip=slip,
        notices=[reader.t(f"notices.{name}.name") for name in held.draft.slip.notices],
        steps=_steps(held, reader),
        token=requests.confirmation_token(services.signer, visitor.actor, held, clock.now()),
        again=over or (refused is not None and refused.code not in {"confirmation_expired", "confirmation_bad"}),
        back=thing_url(subject) if subject else "/",
        change=f"{action_url(held.action, subject)}?{_query(held)}" if subject else "/",
        ways=orders.ways(refused.parameters.get("alternatives", ()), reader) if refused else (),
        client_id=ids.uuid7(),
    )


def _steps(of: Quote, reader: Reader) -> tuple[int, list[str]]:
    """Where the slip stands among the screens of its form: which one, and what all are called."""
    if of.action == RETURN:
        names = returning.steps(reader)
        return len(names), names
    return 2, [reader.t(f"counter.step.{name}") for name in ("what", "check", "done")]


def _query(of: Quote) -> str:
    """What the form is filled in with again, and the chat that is told."""
    return urlencode({"quote": of.id} | ({"chat": of.case_id} if of.case_id else {}))

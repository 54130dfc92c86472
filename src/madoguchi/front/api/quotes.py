"""Wishes: a quote, its confirmation, and what became of it."""

from uuid import UUID

from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.core.requests import queries, verbs
from madoguchi.core.requests.verbs import CONFIRMATION_LIFE
from madoguchi.front.api.routes import Asked, Operation, answer, body, get, post
from madoguchi.front.api.structs import Confirmation, NewConfirmation, NewQuote, Quote, Request
from madoguchi.front.api.words import refusal
from madoguchi.front.ui import told
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.ui.wishes import settled
from madoguchi.kit import clock
from madoguchi.kit.i18n import Reader

_TAG = "Quotes and requests"


@post(
    "/quotes",
    Operation(
        tag=_TAG,
        takes=NewQuote,
        gives=Quote,
        status=201,
        refuses=(
            "unknown_action",
            "invalid_arguments",
            "identity_needed",
            "not_found",
            "change_open",
            "field_missing",
            "field_unknown",
            "field_invalid",
            "field_too_long",
            "field_amount",
            "no_lines",
            "unknown_line",
            "wrong_quantity",
            "postal_code",
            "region_unknown",
            "phone_number",
            "kana",
            "account_number",
            "photo_missing",
            "photo_unknown",
            "too_many_photos",
            "too_fast",
        ),
    ),
)
async def make(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """Ask what an action would do.

    Nothing happens yet. A refusal says why it cannot be done, under the code of its rule (such as `cancel_shipped`),
    and what is possible instead.
    """
    wish = await body(request, NewQuote)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    made = await services.db.run(
        actor,
        lambda tx: verbs.quote(tx, services.catalogue, actor, wish.action, wish.arguments, case_id=wish.chat),
    )
    return answer(_quote(services, actor, made, visitor.reader), 201)


@get("/quotes/{quote_id:uuid}", Operation(tag=_TAG, gives=Quote, refuses=("not_found",)))
async def show(services: Services, visitor: Visitor, quote_id: UUID) -> Response[bytes]:
    """A quote, with a fresh confirmation token."""
    actor = visitor.actor
    held = await services.db.run(actor, lambda tx: queries.access_quote(tx, actor, quote_id))
    return answer(_quote(services, actor, held, visitor.reader))


@post(
    "/quotes/{quote_id:uuid}/confirmation",
    Operation(
        tag=_TAG,
        takes=NewConfirmation,
        gives=Request,
        refuses=(
            "not_found",
            "confirmation_bad",
            "confirmation_expired",
            "quote_expired",
            "order_changed",
            "change_open",
            "units_taken",
            "money_taken",
            "too_fast",
        ),
    ),
)
async def confirm(request: Asked, services: Services, visitor: Visitor, quote_id: UUID) -> Response[bytes]:
    """Do what the quote says, once.

    Confirming again gives the same request. The answer waits up to two seconds for the shop; after that the request
    goes on by itself: look at it again, or hear of it in its chat.
    """
    given = await body(request, NewConfirmation)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    made = await services.db.run(
        actor,
        lambda tx: verbs.confirm(tx, services.catalogue, services.signer, actor, quote_id, given.token),
    )
    return answer(_request(await settled(services, actor, made), visitor.reader))


@get("/requests/{request_id:uuid}", Operation(tag=_TAG, gives=Request, refuses=("not_found",)))
async def wish(services: Services, visitor: Visitor, request_id: UUID) -> Response[bytes]:
    """What became of a confirmed wish."""
    actor = visitor.actor
    held = await services.db.run(actor, lambda tx: queries.access_request(tx, actor, request_id))
    return answer(_request(held, visitor.reader))


def _quote(services: Services, actor: Actor, of: queries.Quote, reader: Reader) -> Quote:
    now = clock.now()
    return Quote(
        id=of.id,
        action=of.action,
        order=of.order_id,
        chat=of.case_id,
        slip=told.slip(of.draft.slip, reader),
        expires_at=of.expires_at,
        confirmation=Confirmation(
            verbs.confirmation_token(services.signer, actor, of, now), min(now + CONFIRMATION_LIFE, of.expires_at)
        ),
    )


def _request(of: queries.Request, reader: Reader) -> Request:
    outcome = of.outcome
    return Request(
        id=of.id,
        number=of.number,
        quote=of.quote_id,
        action=of.action,
        order=of.order_id,
        order_number=of.order_ref,
        chat=of.case_id,
        state=of.state,
        slip=told.slip(outcome.slip, reader) if outcome and outcome.slip else None,
        refusal=refusal(outcome.code, reader) if outcome and outcome.code else None,
        created_at=of.created_at,
        settled_at=of.settled_at,
    )


ROUTES = [make, show, confirm, wish]

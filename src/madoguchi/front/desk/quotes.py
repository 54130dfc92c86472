"""What an action would do, as a slip inside a case, until it is confirmed."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.cases.queries import Case
from madoguchi.core.requests import queries as requests
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.requests.verbs import confirmation_token
from madoguchi.front.desk.board import case_url
from madoguchi.front.ui.cards import SlipView, slip_view
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.security import Signer


class Asked(msgspec.Struct, frozen=True):
    """A quote of a case, and the request it became, if it did."""

    case_id: UUID
    quote: Quote
    request: Request | None


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """The slip to confirm."""

    slip: SlipView
    confirm_url: str
    back_url: str
    token: str
    action: str


async def access_asked(tx: Tx, actor: Actor, case: Case, quote_id: UUID) -> Asked:
    """A quote that was made in this case; else invisible."""
    quote = await requests.access_quote(tx, actor, quote_id)
    if quote.case_id != case.id:
        raise invisible()
    return Asked(case.id, quote, await requests.request_of_quote(tx, quote.id))


def view(asked: Asked, signer: Signer, visitor: Visitor) -> AskedView | None:
    """The slip with a fresh confirmation; None once it was confirmed or has expired."""
    quote, now = asked.quote, clock.now()
    if asked.request or now > quote.expires_at:
        return None
    here = case_url(asked.case_id)
    return AskedView(
        slip=slip_view(quote.draft.slip, visitor.reader, expires=quote.expires_at),
        confirm_url=f"{here}/quotes/{quote.id}/confirmation",
        back_url=f"{here}?order={quote.order_id}&pane=customer" if quote.order_id else f"{here}?pane=customer",
        token=confirmation_token(signer, visitor.actor, quote, now),
        action=visitor.reader.t(f"actions.{quote.action}.name"),
    )

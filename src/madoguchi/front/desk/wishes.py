"""What a customer wished for lately and what became of it, whichever order it is about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.requests.queries import Request, RequestState, requests_of
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee import queries as guarantee
from madoguchi.service.guarantee import reading as claims
from madoguchi.service.guarantee.rules import LIVING
from madoguchi.service.returns import queries as returns
from madoguchi.service.returns import reading
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ENDED

_TONES = {RequestState.DONE: "done", RequestState.PARTLY_DONE: "risk", RequestState.FAILED: "wrong"}
_CLAIM = "guarantee.claim"
_LATEST = 6


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed wish: its state in a word, and what can be said beyond that."""

    request: Request
    state: Said
    tone: str
    told: Sequence[Said]


class WishView(msgspec.Struct, frozen=True, kw_only=True):
    """The same in the reader's words."""

    name: str
    number: str
    order: str
    at: datetime
    state: str
    tone: str
    lines: Sequence[str]


async def load(tx: Tx, actor: Actor, customer_id: UUID) -> list[Wish]:
    """A customer's latest wishes, newest first."""
    coming = {one.id: one for one in await returns.returns_of(tx, actor, customer_id)}
    wishes, claimed = [], set()
    for made in await requests_of(tx, customer_id, _LATEST):
        if made.id in coming:
            wishes.append(await _return(tx, made, coming[made.id]))
        elif made.action == _CLAIM and made.order_id and made.order_id not in claimed:
            claimed.add(made.order_id)  # what was claimed on it before is told by its state
            wishes.append(await _claim(tx, actor, made, made.order_id))
        else:
            wishes.append(_plain(made))
    return wishes


async def _return(tx: Tx, made: Request, of: Return) -> Wish:
    tone = "done" if of.state in ENDED else "waiting"
    told = await reading.sentences(tx, of)
    return Wish(request=made, state=said(f"counter.returns.state.{of.state}"), tone=tone, told=told)


async def _claim(tx: Tx, actor: Actor, made: Request, order_id: UUID) -> Wish:
    claim = await guarantee.claim_of_order(tx, actor, order_id)
    if claim is None:
        return _plain(made)
    tone = "waiting" if claim.state in LIVING else "done"
    return Wish(request=made, state=said("desk.wish.taken"), tone=tone, told=claims.sentences(claim))


def _plain(made: Request) -> Wish:
    told: Sequence[Said] = ()
    if made.outcome and made.outcome.code:
        told = (said(f"errors.{made.outcome.code}"),)
    elif made.outcome and made.outcome.slip:
        told = (made.outcome.slip.title,)
    return Wish(request=made, state=said(f"desk.wish.{made.state}"), tone=_TONES.get(made.state, "waiting"), told=told)


def view(of: Wish, reader: Reader) -> WishView:
    """A wish as the template shows it."""
    return WishView(
        name=reader.t(f"actions.{of.request.action}.name"),
        number=of.request.number,
        order=of.request.order_ref or "",
        at=of.request.created_at,
        state=of.state.to(reader),
        tone=of.tone,
        lines=[line.to(reader) for line in of.told],
    )

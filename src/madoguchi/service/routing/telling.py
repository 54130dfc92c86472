"""What a timeline is told of the way to a person: to staff, and to the customer."""

import msgspec

from madoguchi.core.access.rules import Actor, Audience
from madoguchi.core.actions.rules import Said, TextCard, said
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.kit import security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing.queries import Handover, place_and_wait
from madoguchi.service.routing.rules import LIMITS
from madoguchi.service.routing.wrap_ups.queries import WrapUp

_LINES = 3  # of a summary
_RECENT = 20  # entries in which the customer's last words are looked for,
_EXCERPT = 200  # and how many of their characters are shown


async def tell_staff(tx: Tx, actor: Actor, case: Case, summary: Handover) -> None:
    """What whoever takes the case reads first: a summary, filled up from the case."""
    told = msgspec.structs.replace(
        summary,
        lines=(*summary.lines, *await _lines_of(tx, case))[:_LINES],
        reason=summary.reason or case.reason,
        level=None if actor.is_staff else int(actor.level),
    )
    await cases.append(
        tx,
        case,
        kind=Kind.NOTE,
        author=Author.BOT,
        audience=Audience.STAFF,
        body={
            "key": "routing.handover",
            "card": msgspec.to_builtins(TextCard(lines=(*told.lines, *told.tried))),
            "handover": msgspec.to_builtins(told),
        },
    )


async def give_ticket(tx: Tx, case: Case) -> None:
    """The customer's place in line."""
    ticket = await place_and_wait(tx, case.id)
    await cases.append(tx, case, kind=Kind.CARD, author=Author.SYSTEM, body={"card": msgspec.to_builtins(ticket)})


async def note(tx: Tx, actor: Actor, case: Case, text: str) -> None:
    """A word of an associate's for the next one; none is none."""
    if clean := plain(text):
        await cases.append(
            tx,
            case,
            kind=Kind.NOTE,
            author=Author.ASSOCIATE,
            author_id=actor.id,
            name=actor.name,
            audience=Audience.STAFF,
            text=clean,
        )


async def tell_what_was_done(tx: Tx, case: Case, wrapped: WrapUp) -> None:
    """What the customer keeps of a conversation: what was done, and what is promised until when."""
    lines = []
    if wrapped.done:
        lines.append(said("routing.wrap.done", text=wrapped.done))
    if wrapped.promise:
        lines.append(said("routing.wrap.promised", text=wrapped.promise, due=wrapped.promise_due))
    if lines:
        card = TextCard(lines=tuple(lines))
        await cases.append(tx, case, kind=Kind.CARD, author=Author.SYSTEM, body={"card": msgspec.to_builtins(card)})


def plain(text: str) -> str:
    """What was typed, cleaned and without card numbers; Refused("text_too_long")."""
    clean, _ = security.mask_cards(security.clean_text(text))
    if len(clean) > LIMITS.text:
        raise Refused("text_too_long", limit=LIMITS.text)
    return clean


async def _lines_of(tx: Tx, case: Case) -> list[Said]:
    """What the case itself tells: the customer's last words, the wish, since when we talk."""
    recent = await case_queries.entries(tx, case.id, Audience.CUSTOMER, before=case.last_seq + 1, limit=_RECENT)
    words = [entry.text for entry in recent if entry.author is Author.CUSTOMER and entry.kind is Kind.MESSAGE]
    said_last = [said("routing.summary.said", text=words[-1][:_EXCERPT])] if words else []
    return [*said_last, said("routing.summary.wants_a_person"), said("routing.summary.since", at=case.opened_at)]

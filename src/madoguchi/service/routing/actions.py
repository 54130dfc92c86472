"""A person, the wait for one, and back to the bot: this room's entries in the catalogue."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Level, Need, Role
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.rules import Effect, QueueTicket, Said
from madoguchi.core.cases.queries import access_case
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import verbs
from madoguchi.service.routing.queries import Handover, place_and_wait


class HandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, please. Only the bot tells what it did; nobody else writes what staff take for its word."""

    case_id: UUID
    lines: tuple[Said, ...] = ()
    tried: tuple[Said, ...] = ()
    facts: dict[str, str] = {}
    skills: tuple[str, ...] = ()


class OfCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The case in question."""

    case_id: UUID


async def _human(tx: Tx, actor: Actor, wish: HandOver) -> QueueTicket:
    told = bool(wish.lines or wish.tried or wish.facts or wish.skills)
    if told and actor.role is not Role.BOT:
        raise Refused("forbidden", 403)
    summary = Handover(lines=wish.lines, tried=wish.tried, facts=wish.facts)
    return await verbs.hand_over(tx, actor, wish.case_id, summary=summary, skills=wish.skills)


async def _wait(tx: Tx, actor: Actor, of: OfCase) -> QueueTicket:
    await access_case(tx, actor, of.case_id)
    return await place_and_wait(tx, of.case_id)


async def _stay_with_bot(tx: Tx, actor: Actor, of: OfCase) -> QueueTicket:
    return await verbs.leave_queue(tx, actor, of.case_id)


_ANYBODY = Need(level=Level.GUEST)

ACTIONS = (
    Action(
        name="service.human",
        effect=Effect.ACT,
        arguments=HandOver,
        need=_ANYBODY,
        reason="service.human",
        act=_human,
    ),
    Action(name="service.wait", effect=Effect.READ, arguments=OfCase, need=_ANYBODY, read=_wait),
    Action(name="service.stay_with_bot", effect=Effect.ACT, arguments=OfCase, need=_ANYBODY, act=_stay_with_bot),
)

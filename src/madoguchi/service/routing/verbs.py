"""Into the queue, to a person, and out again. Never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions.rules import QueueTicket
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case, access_case
from madoguchi.core.cases.rules import State
from madoguchi.core.people.staff.queries import staff
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import rules, telling
from madoguchi.service.routing.items import verbs as items
from madoguchi.service.routing.items.queries import (
    Item,
    lock_in_hand,
    lock_item,
    lock_last_item,
    lock_open_item,
    open_item,
    queue,
)
from madoguchi.service.routing.offers import verbs as offers
from madoguchi.service.routing.offers.verbs import offer_next
from madoguchi.service.routing.presence import verbs as presence
from madoguchi.service.routing.presence.queries import lock_person
from madoguchi.service.routing.queries import Handover, place_and_wait
from madoguchi.service.routing.rules import LIMITS, ItemState, Outcome, Person, Presence, Priority, staff_id
from madoguchi.service.routing.wrap_ups import verbs as wrap_ups
from madoguchi.service.routing.wrap_ups.queries import WrapUp, wrap_up_of

SUPPORT = "support"
_NOTHING_TOLD = Handover()

# --- the customer ---------------------------------------------------------------------------------------------------


async def hand_over(
    tx: Tx,
    actor: Actor,
    case_id: UUID,
    *,
    summary: Handover = _NOTHING_TOLD,
    priority: Priority | None = None,
    skills: Sequence[str] = (),
) -> QueueTicket:
    """Put the case in line for a person, tell staff what was done so far, and give the customer a ticket.

    The ticket stands in the timeline after this. A case already in line or in hand only tells its ticket. A summary
    of less than three lines is filled up from the case; without a priority the reason decides. Refused: case_closed.
    """
    await access_case(tx, actor, case_id)
    async with tx.acting(SYSTEM):  # the line is everybody's
        item, case = await _lock(tx, actor, case_id)
        if case.state is State.CLOSED:
            raise Refused("case_closed", 409)
        if case.state is State.PARKED and item:
            await _back_to_people(tx, item, case)
        elif case.state in {State.BOT, State.PARKED}:
            if item:  # of a contact that ended a moment ago
                await _settle(tx, item)
            urgency = rules.priority_of(case.reason) if priority is None else priority
            await items.enqueue(tx, case, await queue(tx, SUPPORT), urgency, skills)
            await telling.tell_staff(tx, actor, case, summary)
            await cases.transition(tx, case, State.QUEUED, text_key="routing.status.queued", by=actor)
            await offer_next(tx)
            await telling.give_ticket(tx, case)
        return await place_and_wait(tx, case_id)


async def leave_queue(tx: Tx, actor: Actor, case_id: UUID) -> QueueTicket:
    """The customer would rather go on with the bot; nothing happens when they are not in line."""
    await access_case(tx, actor, case_id)
    async with tx.acting(SYSTEM):
        item, case = await _lock(tx, actor, case_id)
        if item and case.state is State.QUEUED:
            await _settle(tx, item)
            await cases.transition(tx, case, State.BOT, text_key="routing.status.left", by=actor)
            await offer_next(tx)
        return await place_and_wait(tx, case_id)


async def resume(tx: Tx, case_id: UUID) -> None:
    """The customer came back to a parked case: to whoever had it if they have a hand free, else to the front."""
    item, case = await _lock(tx, SYSTEM, case_id)
    if item and case.state is State.PARKED:
        await _back_to_people(tx, item, case)


async def let_go(tx: Tx, case_id: UUID, contact_id: UUID) -> None:
    """A contact has ended, whoever ended it: its item takes no place any more."""
    item = await lock_open_item(tx, case_id)
    if item and item.contact_id == contact_id:
        await _settle(tx, item)
        await offer_next(tx)


# --- the associate --------------------------------------------------------------------------------------------------


async def set_presence(tx: Tx, actor: Actor, state: Presence, capacity: int | None = None) -> None:
    """The actor takes work, takes none for now, or goes: then what they have goes back to the queue.

    `capacity`, 0 to 20, is how many conversations at once; None leaves it as it is.
    """
    if capacity is not None and not 0 <= capacity <= rules.MOST_AT_ONCE:
        raise Refused("invalid_capacity", limit=rules.MOST_AT_ONCE)
    me = staff_id(actor)
    await presence.be(tx, me, state, capacity)
    if state is Presence.OFFLINE:
        await release(tx, me)
        return
    await offer_next(tx)


async def heartbeat(tx: Tx, actor: Actor) -> None:
    """The actor's desk is still there, to be told at least every 20 s; whoever had only lapsed is available again."""
    if await presence.see(tx, staff_id(actor)):
        await offer_next(tx)


async def accept(tx: Tx, actor: Actor, item_id: UUID) -> UUID:
    """Take an item, offered or picked from the line; its case. Of two who do so at once, one gets it.

    Refused: taken (by `name`), left_queue, not_present, at_capacity.
    """
    me = staff_id(actor)
    hands = await lock_person(tx, me)
    item = await lock_item(tx, item_id)
    if item.state is ItemState.ASSIGNED and item.assigned_to == me:
        return item.case_id
    if item.assigned_to:
        raise Refused("taken", 409, name=(await staff(tx, item.assigned_to)).name)
    if hands is None or hands.state is Presence.OFFLINE:
        raise Refused("not_present", 409)
    if not hands.free:
        raise Refused("at_capacity", 409, limit=hands.capacity)
    case = await access_case(tx, actor, item.case_id, lock=True)
    if item.state is ItemState.LEFT or case.state is not State.QUEUED:
        raise Refused("left_queue", 409)
    await offers.close(tx, item.id, accepted_by=me)
    await _assign(tx, item, case, hands, "routing.status.accepted", by=actor)
    return item.case_id


async def decline(tx: Tx, actor: Actor, item_id: UUID) -> None:
    """Not me, not now: the next one is asked. Nothing happens when the actor is not being asked (any more)."""
    me = staff_id(actor)
    await lock_item(tx, item_id)
    if await offers.decline(tx, item_id, me):
        await offer_next(tx)


async def transfer(tx: Tx, actor: Actor, case_id: UUID, to: UUID | str, note: str = "") -> None:
    """Give an active case to another associate at once (their id), or to a queue (its name), with a word for them.

    By its holder or a leader. Refused: not_assigned, case_state, person_not_available, unknown_queue, text_too_long.
    """
    staff_id(actor)
    hands = await lock_person(tx, to) if isinstance(to, UUID) else None
    item, case = await _lock(tx, actor, case_id)
    if item is None or item.assigned_to is None or case.state is not State.ACTIVE:
        raise Refused("case_state", 409, state=case.state)
    _check_hands(actor, item)
    if item.assigned_to == to:
        return
    await telling.note(tx, actor, case, note)
    if isinstance(to, str):
        await items.return_to_line(tx, item, await queue(tx, to))
        await offers.refuse(tx, item.id, item.assigned_to)
        await cases.transition(tx, case, State.QUEUED, text_key="routing.status.transferred", by=actor)
    elif hands and hands.online(tx.now) and hands.free:
        await _assign(tx, item, case, hands, "routing.status.transferred_to", by=actor)
    else:
        raise Refused("person_not_available", 409)
    await offer_next(tx)


async def set_aside(tx: Tx, actor: Actor, case_id: UUID) -> None:
    """Put an active case aside until the customer speaks; it keeps its holder, whose hand is free.

    By its holder or a leader. Refused: not_assigned, case_state.
    """
    staff_id(actor)
    item, case = await _lock(tx, actor, case_id)
    if item is None or case.state is not State.ACTIVE:
        raise Refused("case_state", 409, state=case.state)
    _check_hands(actor, item)
    await cases.transition(tx, case, State.PARKED, text_key="routing.status.set_aside", by=actor)
    await items.park(tx, item)
    await offer_next(tx)


async def wrap_up(
    tx: Tx,
    actor: Actor,
    case_id: UUID,
    *,
    reason: str,
    outcome: Outcome,
    done: str = "",
    promise: str = "",
    promise_due: datetime | None = None,
) -> WrapUp:
    """End a conversation: what it was about, what came of it, what was done, and what is promised until when.

    By its holder (also after the customer ended it) or a leader; a second time gives the first one's. The customer
    reads what was done and promised. Refused: not_assigned, invalid_reason, text_too_long, promise_incomplete,
    promise_in_the_past.
    """
    staff_id(actor)
    item = await lock_last_item(tx, case_id)
    case = await access_case(tx, actor, case_id, lock=True)
    if item is None or item.assigned_to is None:
        raise Refused("not_assigned", 409)
    _check_hands(actor, item)
    if known := await wrap_up_of(tx, item.id):
        return known
    wrapped = WrapUp(
        item.id,
        case_id,
        item.assigned_to,
        reason,
        outcome,
        telling.plain(done),
        telling.plain(promise),
        promise_due,
        tx.now,
    )
    await wrap_ups.record(tx, wrapped)
    await cases.describe(tx, case_id, reason=reason)
    if case.assigned_to == item.assigned_to and case.state in {State.ACTIVE, State.PARKED}:
        await telling.tell_what_was_done(tx, case, wrapped)
        named = {"name": (await staff(tx, item.assigned_to)).name}
        await cases.transition(tx, case, State.CLOSED, text_key="routing.status.wrapped_up", parameters=named, by=actor)
        await _settle(tx, item)
        await offer_next(tx)
    return wrapped


async def release(tx: Tx, staff: UUID) -> None:
    """An associate is gone: what they had in hand goes back to the queue, to the front."""
    await presence.leave(tx, staff)
    for item in sorted(await lock_in_hand(tx, staff), key=lambda item: item.case_id):
        case = await access_case(tx, SYSTEM, item.case_id, lock=True)
        await items.return_to_line(tx, item)
        if case.state is State.ACTIVE:
            await cases.transition(tx, case, State.QUEUED, text_key="routing.status.released")
    await offer_next(tx)


# --- time ----------------------------------------------------------------------------------------------------------


async def pass_over(tx: Tx) -> None:
    """Ask the next where nobody answered: offers run out, and those whose desks are quiet are asked no more."""
    await presence.lapse(tx)
    await offers.expire(tx)
    await offer_next(tx)


async def park(tx: Tx, case_id: UUID) -> None:
    """Put a conversation aside in which the customer has been silent for long; whoever had it has a hand free."""
    item, case = await _lock(tx, SYSTEM, case_id)
    if case.state not in {State.BOT, State.ACTIVE} or not _silent(case, tx.now - LIMITS.park_after):
        return
    await cases.transition(tx, case, State.PARKED, text_key="routing.status.parked")
    if item and item.state is ItemState.ASSIGNED:
        await items.park(tx, item)
        await offer_next(tx)


async def end(tx: Tx, case_id: UUID) -> None:
    """Close a parked conversation to which the customer has not come back."""
    item, case = await _lock(tx, SYSTEM, case_id)
    if case.state is not State.PARKED or not _silent(case, tx.now - LIMITS.end_after):
        return
    hours = {"hours": int(LIMITS.end_after.total_seconds() // 3600)}
    await cases.transition(tx, case, State.CLOSED, text_key="routing.status.ended", parameters=hours, silent=True)
    if item:
        await _settle(tx, item)


# --- steps ----------------------------------------------------------------------------------------------------------


async def _lock(tx: Tx, actor: Actor, case_id: UUID) -> tuple[Item | None, Case]:
    """The case and its open item, both locked, and before them whoever has it parked."""
    await access_case(tx, actor, case_id)
    seen = await open_item(tx, case_id)
    if seen and seen.assigned_to and seen.state is ItemState.PARKED:
        await lock_person(tx, seen.assigned_to)
    item = await lock_open_item(tx, case_id)
    case = await access_case(tx, actor, case_id, lock=True)
    return item or await lock_open_item(tx, case_id), case  # it may have come while we waited for the case


async def _back_to_people(tx: Tx, item: Item, case: Case) -> None:
    hands = await lock_person(tx, item.assigned_to) if item.assigned_to else None
    if hands and hands.online(tx.now) and hands.free:
        await _assign(tx, item, case, hands, "routing.status.back")
        return
    await items.return_to_line(tx, item)
    await cases.transition(tx, case, State.QUEUED, text_key="routing.status.back_in_line")
    await offer_next(tx)
    await telling.give_ticket(tx, case)


async def _assign(tx: Tx, item: Item, case: Case, person: Person, text_key: str, by: Actor | None = None) -> None:
    await items.assign(tx, item, person.id)
    named = {"name": person.name}
    await cases.transition(tx, case, State.ACTIVE, assigned_to=person.id, text_key=text_key, parameters=named, by=by)


async def _settle(tx: Tx, item: Item) -> None:
    await offers.close(tx, item.id)
    await items.settle(tx, item)


def _check_hands(actor: Actor, item: Item) -> None:
    if item.assigned_to != actor.id and actor.role not in {Role.LEADER, Role.ADMIN}:
        raise Refused("not_assigned", 409)


def _silent(case: Case, before: datetime) -> bool:
    since = rules.customer_silent_since(case.last_customer_at, case.last_staff_at, case.opened_at)
    return since is not None and since < before

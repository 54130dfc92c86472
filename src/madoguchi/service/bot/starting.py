"""Taking up a topic: which of the things that end it, on what, and what stands in the way."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Effect, OrderCard, TextCard
from madoguchi.core.cases import verbs as cases
from madoguchi.kit.errors import Refused
from madoguchi.service.bot import choosing, doable, filling, finding
from madoguchi.service.bot.choosing import Chosen
from madoguchi.service.bot.leaving import hand_over
from madoguchi.service.bot.refusing import refuse
from madoguchi.service.bot.rules import PERSON_AT_ONCE, TOLD_TOGETHER, Topic, Waiting
from madoguchi.service.bot.turn import OF_ORDERS, Turn
from madoguchi.service.bot.voice import Option


async def take_up(turn: Turn, topic: Topic) -> None:
    """Find what the topic is about and what ends it, then begin with that; ask where it is open."""
    reason = topic.reason
    kept = turn.memory.said if reason == turn.memory.reason and (turn.memory.waiting or not turn.heard.text) else ""
    turn.remember(said=f"{kept}\n{turn.heard.text}".strip())
    turn.remember(reason=reason, action=None, waiting=None, quote_id=None, offered=(), thing=topic.thing)
    turn.remember(answers={}, asking=None, line=None, told={})
    await cases.describe(turn.tx, turn.case.id, reason=reason)
    if reason == "service.human" or reason in PERSON_AT_ONCE:
        await hand_over(turn, PERSON_AT_ONCE.get(reason, "bot.handing_over"))
        return
    every = choosing.ending(turn.wits.catalogue, reason)
    named = _pressed(turn, topic.action) or choosing.said(reason, every, turn.heard.text, turn.heard.lang)
    wanted = (named,) if named else every
    if not wanted:
        label = turn.voice.name(reason)
        await turn.voice.say("bot.not_yet", options=[turn.voice.person(), turn.voice.other()], reason=label)
    elif turn.actor.level < wanted[0].need.level:
        await turn.voice.say("bot.sign_in_needed", options=[turn.voice.person()])
    else:
        turn.remember(action=named.name if named else None)
        await _begin(turn, topic, wanted, every)


async def _begin(turn: Turn, topic: Topic, wanted: Sequence[Action], every: Sequence[Action]) -> None:
    before = turn.memory.order_id
    if wanted[0].about in OF_ORDERS:
        order_id = await finding.order(turn, topic.order, wanted)
        if order_id is None:
            return
        turn.remember(order_id=order_id)
        await cases.describe(turn.tx, turn.case.id, order_id=order_id)
    elif any(action.about in OF_ORDERS or action.things for action in every):
        turn.remember(order_id=await finding.order_of_things(turn, topic.order, every))
    possible = await finding.possible(turn, [*wanted, *(action for action in every if action not in wanted)])
    if turn.memory.action:
        told = (*wanted, *choosing.told_as_well(topic.reason, every))
        beside = tuple(action for action in every if action.name in possible and action not in told)
        chosen = Chosen(wanted[0], beside)
    else:
        chosen = choosing.choose(topic.reason, every, possible)
    implied = topic.order is None and before is not None and before == turn.memory.order_id
    await _finish(turn, chosen, possible, implied=implied)


async def _finish(turn: Turn, chosen: Chosen, possible: Mapping[str, Sequence[Subject]], *, implied: bool) -> None:
    """Do what was chosen, or ask which; `implied`: nobody said that it is about the order spoken of before."""
    action = chosen.action
    if action is None:
        beside = await doable.buttons(turn, chosen.beside, possible)
        turn.remember(waiting=Waiting.WAY, offered=tuple(option.id for option in beside))
        ours = (turn.memory.reason or "").startswith(("item.", "delivery."))  # something went wrong on our side
        await turn.voice.say("bot.which_way.sorry" if ours else "bot.which_way", options=[*beside, turn.voice.person()])
        return
    turn.remember(action=action.name)
    subject = await finding.one_of(turn, action, possible.get(action.name) or await finding.things(turn, action))
    if subject is None:
        return
    turn.remember(thing=subject.ref)
    beside = await doable.buttons(turn, chosen.beside, _with(subject, possible))
    try:
        if action.effect is Effect.READ:
            await look(turn, action, subject, beside)
        else:
            await filling.begin(turn, action, subject)
    except Refused as refused:
        await refuse(turn, refused, beside)
        if implied and action.about in OF_ORDERS:
            await finding.ask_for_another(turn, action)


def _with(subject: Subject, possible: Mapping[str, Sequence[Subject]]) -> dict[str, Sequence[Subject]]:
    """What is possible, of things of this kind with this one only: another one was not spoken of."""
    of_it = {
        name: [one for one in found if one == subject or one.about is not subject.about]
        for name, found in possible.items()
    }
    return {name: found for name, found in of_it.items() if found}


async def look(turn: Turn, action: Action, subject: Subject, beside: Sequence[Option] = ()) -> None:
    """What a look-up tells, with what can be done about it below."""
    card = await turn.run(action, subject.arguments | _of_order(turn, action))
    if isinstance(card, OrderCard):
        await show_order(turn, card)
        return
    ways = await doable.named(turn, subject.id, card.ways) if isinstance(card, TextCard) and card.ways else beside
    if isinstance(card, TextCard) and action.about is About.CUSTOMER:
        card = _together(card, await _under_way(turn))
    await turn.voice.say("bot.told", card=card, options=[*ways, turn.voice.person(), turn.voice.other()])


def _of_order(turn: Turn, action: Action) -> dict[str, Any]:
    """The order that was named, where a look-up at all of a customer's can be narrowed to one."""
    named = turn.memory.order_id if action.about is About.CUSTOMER else None
    return {"order_id": str(named)} if named and "order_id" in action.arguments.__struct_fields__ else {}


async def _under_way(turn: Turn) -> list[TextCard]:
    """What the look-ups of other rooms tell about the same: of the order that was named, else of what is not over."""
    reason = turn.memory.reason or ""
    looks = choosing.told_as_well(reason, choosing.ending(turn.wits.catalogue, reason))
    found = [(action, thing) for action in looks for thing in await finding.of_order(turn, action)]
    meant = [(action, thing.subject) for action, thing in found if turn.memory.order_id or not thing.over]
    cards = [await turn.run(action, subject.arguments) for action, subject in meant[:TOLD_TOGETHER]]
    return [card for card in cards if isinstance(card, TextCard)]


def _together(card: TextCard, others: Sequence[TextCard]) -> TextCard:
    """One card of several; that there is nothing is said only where nothing else is."""
    if not others:
        return card
    lines = [line for one in (*others, card) if not one.nothing for line in one.lines]
    return msgspec.structs.replace(card, lines=tuple(lines), nothing=False)


async def show_order(turn: Turn, card: OrderCard) -> None:
    """An order with what can be done with it and its parcels now."""
    turn.note("bot.tried.shown", order=card.ref)
    options = await doable.on_order(turn, card.id)
    if turn.memory.reason == "delivery.late" or card.late:
        options.append(turn.voice.person())
    await turn.voice.show(card, [*options, turn.voice.other()])


async def show_more(turn: Turn, order_id: UUID) -> None:
    """Everything that can be done with an order now."""
    options = await doable.on_order(turn, order_id, every=True)
    await turn.voice.say("bot.more", options=[*options, turn.voice.person(), turn.voice.other()])


def _pressed(turn: Turn, name: str) -> Action | None:
    """The action of a button, if it still exists for customers."""
    action = turn.wits.catalogue.actions.get(name)
    return action if action and action.about and action.need.customers else None

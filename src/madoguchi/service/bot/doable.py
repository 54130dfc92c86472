"""Buttons of what can be done now, one for each action."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.shop import queries as shop
from madoguchi.service.bot.rules import BUTTONS
from madoguchi.service.bot.turn import OF_ORDERS, Turn
from madoguchi.service.bot.voice import Option, content


async def buttons(turn: Turn, beside: Sequence[Action], possible: Mapping[str, Sequence[Subject]]) -> list[Option]:
    """One for each action that is possible, with the name of the order where another one or none was spoken of."""
    found = [(name, possible[name]) for action in beside if (name := action.name) in possible]
    return [_button(turn, name, subjects, await _order(turn, subjects)) for name, subjects in found]


async def on_order(turn: Turn, order_id: UUID, *, every: bool = False) -> list[Option]:
    """What can be done with an order and its parcels; the first few unless `every` is asked for."""
    possible = _sorted(turn, await possible_on(turn, order_id))
    found = [_button(turn, action, subjects) for action, subjects in possible]
    return found if every or len(found) <= BUTTONS + 1 else [*found[:BUTTONS], turn.voice.more(order_id)]


async def instead(turn: Turn, order_id: UUID, names: Collection[str]) -> list[Option]:
    """Those of the named actions that are possible on an order, and what can be done about its parcels."""
    known = turn.wits.catalogue.actions
    possible = await possible_on(turn, order_id)
    return [
        _button(turn, action, subjects)
        for action, subjects in possible.items()
        if action in names or known[action].about is About.PARCEL
    ]


async def named(turn: Turn, order_id: UUID, names: Sequence[str]) -> list[Option]:
    """Those of the named actions that are possible on an order or its parcels, in the order of the names."""
    possible = await possible_on(turn, order_id)
    return [_button(turn, name, possible[name]) for name in names if name in possible]


async def possible_on(turn: Turn, order_id: UUID) -> dict[str, list[Subject]]:
    """What is possible on an order and its parcels now: action to the things it can be done with."""
    order = await shop.access_order(turn.tx, turn.actor, order_id)
    parcels = [Subject(About.PARCEL, order_id, parcel.ref) for parcel in order.document.shipments]
    possible: dict[str, list[Subject]] = {}
    for subject in (Subject(About.ORDER, order_id), *parcels):
        for offer in await actions.offers(turn.tx, turn.wits.catalogue, turn.actor, subject):
            if offer.refusal is None:
                possible.setdefault(offer.action, []).append(subject)
    return possible


def _sorted(turn: Turn, possible: Mapping[str, list[Subject]]) -> list[tuple[str, list[Subject]]]:
    """What ends the reason that is spoken of comes first, then what went wrong with a parcel."""

    def place(item: tuple[str, list[Subject]]) -> tuple[bool, bool]:
        action = turn.wits.catalogue.actions[item[0]]
        return turn.memory.reason not in {action.reason, *action.also}, action.about is not About.PARCEL

    return sorted(possible.items(), key=place)


async def _order(turn: Turn, subjects: Sequence[Subject]) -> str:
    """The one order that it can be done with, by number and content, unless that is the one spoken of."""
    ids = {subject.id for subject in subjects if subject.about in OF_ORDERS} - {turn.memory.order_id}
    if len(ids) != 1:
        return ""
    order = await shop.access_order(turn.tx, turn.actor, ids.pop())
    return f"{order.store_ref} · {content(order.document.lines)}"


def _button(turn: Turn, action: str, subjects: Sequence[Subject], detail: str = "") -> Option:
    """On the one thing it can be done with; of several the customer is asked which."""
    if len(subjects) == 1:
        return turn.voice.way(action, subjects[0], detail)
    ids = {subject.id for subject in subjects}
    if len(ids) == 1 and subjects[0].about is About.PARCEL:
        return turn.voice.way(action, Subject(About.ORDER, ids.pop()), detail)
    return turn.voice.way(action, Subject(About.CUSTOMER, turn.case.customer_id))

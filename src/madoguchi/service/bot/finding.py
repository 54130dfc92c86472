"""What a wish is about: the order, the parcel, the subscription that was meant, found before anybody is asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Subject, Thing
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.queries import Order
from madoguchi.kit.errors import Refused
from madoguchi.service.bot.goods import fitting, named
from madoguchi.service.bot.mentions import Mention, read_mention, spoken_of
from madoguchi.service.bot.rules import CANDIDATES, LOOKED_AT, SEARCHED, Waiting
from madoguchi.service.bot.turn import OF_ORDERS, Turn
from madoguchi.service.bot.voice import content


async def order(turn: Turn, typed: str | None, wanted: Sequence[Action]) -> UUID | None:
    """The order that is meant; None when the customer had to be asked.

    A number or a button comes first, then what the words tell, then the order that was spoken of before.
    """
    if typed is not None:
        found = await _by_name(turn, typed)
        if found is None:
            await ask_order(turn, wanted, missing=None if _is_id(typed) else typed)
        return found
    meant = await mentioned(turn, asked=False)
    if len(meant) > 1:
        meant = await _open_to(turn, wanted, meant) or meant
    if meant:
        return await _the_one(turn, wanted, meant)
    if turn.memory.order_id and await _has_to_do(turn, wanted, turn.memory.order_id):
        return turn.memory.order_id
    every = await shop.orders_of(turn.tx, turn.case.customer_id, limit=2)
    if len(every) == 1:
        return every[0].id
    await ask_order(turn, wanted)
    return None


async def order_of_things(turn: Turn, typed: str | None, wanted: Sequence[Action]) -> UUID | None:
    """The order that is named where not orders but other things are asked for; None: it is asked about all of them.

    What is in it tells, or its number: days and money may be those of the thing. Of several, the one that has any.
    """
    if typed is not None:
        return await _by_name(turn, typed)
    meant = await _fitting(turn, Mention(turn.heard.text, turn.heard.lang))
    if len(meant) > 1:
        having = {thing.order for action in wanted for thing in await _kept(turn, action)}
        meant = [one for one in meant if one.id in having]
    return meant[0].id if len(meant) == 1 else None


async def mentioned(turn: Turn, *, asked: bool) -> Sequence[Order]:
    """The customer's orders that the words of this turn speak of, newest first."""
    today = turn.tx.now.astimezone(turn.zone).date()
    return await _fitting(turn, read_mention(turn.heard.text, turn.heard.lang, today, asked=asked))


async def _fitting(turn: Turn, mention: Mention) -> Sequence[Order]:
    if not mention.text:
        return ()
    orders = await shop.orders_of(turn.tx, turn.case.customer_id, limit=SEARCHED)
    return [orders[place] for place in spoken_of(mention, [order.document for order in orders], turn.zone)]


async def ask_order(
    turn: Turn, wanted: Sequence[Action], *, among: Sequence[Order] = (), missing: str | None = None
) -> None:
    """Ask which order, among some or those on which it can be done; `missing` is the number that was not found."""
    options = [turn.voice.order(one) for one in among[:CANDIDATES] or await _candidates(turn, wanted)]
    if missing:
        await turn.voice.say("bot.order_not_found", number=missing)
    if options:
        turn.remember(waiting=Waiting.ORDER, offered=tuple(option.id for option in options))
        await turn.voice.say("bot.which_order", options=[*options, turn.voice.person()])
    else:
        any_order = await shop.orders_of(turn.tx, turn.case.customer_id, limit=1)
        none = "bot.no_things" if any_order else "bot.no_orders"
        await turn.voice.say(none, options=[turn.voice.person(), turn.voice.other()])


async def ask_for_another(turn: Turn, action: Action) -> None:
    """It cannot be done with the order spoken of before: with another one?"""
    options = [turn.voice.order(one) for one in await _candidates(turn, [action])]
    turn.remember(waiting=Waiting.ORDER, offered=tuple(option.id for option in options), order_id=None)
    await turn.voice.say("bot.which_order.else", options=options)


async def _candidates(turn: Turn, wanted: Sequence[Action]) -> Sequence[Order]:
    """The customer's newest orders on which it can be done; when on none, those that it has to do with."""
    orders = await shop.orders_of(turn.tx, turn.case.customer_id, limit=LOOKED_AT)
    found = await _open_to(turn, wanted, orders) or [one for one in orders if await _concerns(turn, wanted, one)]
    return found[:CANDIDATES]


async def possible(turn: Turn, actions: Sequence[Action]) -> Mapping[str, Sequence[Subject]]:
    """With what each of the actions can be done now, by its name; those that cannot be done are left out."""
    found = {
        action.name: [one for one in await things(turn, action) if await turn.possible(action, one)]
        for action in actions
    }
    return {name: subjects for name, subjects in found.items() if subjects}


async def things(turn: Turn, action: Action) -> Sequence[Subject]:
    """All that the action may be about: of the order spoken of, else of the customer's newest ones."""
    assert action.about
    if action.about in OF_ORDERS:
        orders = await _orders(turn)
        return [subject for one in orders for subject in _of_order(action, one)]
    owner = turn.case.customer_id
    match action.about:
        case About.CUSTOMER:
            return [Subject(About.CUSTOMER, owner)]
        case About.CASE:
            return [Subject(About.CASE, turn.case.id)]
        case About.SUBSCRIPTION:
            facts = await shop.customer_facts(turn.tx, turn.actor, owner)
            return [Subject(About.SUBSCRIPTION, owner, one.ref) for one in facts.subscriptions]
    return [thing.subject for thing in await of_order(turn, action)]


async def of_order(turn: Turn, action: Action) -> Sequence[Thing]:
    """What a room keeps that the action may be about: of the order spoken of, or of none; without one, all of it."""
    found, order_id = await _kept(turn, action), turn.memory.order_id
    if order_id is None:
        return found
    return [thing for thing in found if thing.order == order_id] or [thing for thing in found if thing.order is None]


async def _kept(turn: Turn, action: Action) -> Sequence[Thing]:
    return await action.things(turn.tx, turn.actor, turn.case.customer_id) if action.things else ()


async def one_of(turn: Turn, action: Action, subjects: Sequence[Subject]) -> Subject | None:
    """The thing that is meant: named, or the only one that is not over; None when the customer had to be asked."""
    picked = [one for one in subjects if one.ref == turn.memory.thing] if turn.memory.thing else []
    left = picked or subjects
    if len(left) == 1:
        return left[0]
    if not left:
        await _ask_for_other_thing(turn, action)
        return None
    if left[0].about in OF_ORDERS and len({one.id for one in left}) > 1:
        orders = [await shop.access_order(turn.tx, turn.actor, id) for id in dict.fromkeys(one.id for one in left)]
        await ask_order(turn, (), among=orders)
        return None
    names = await _names(turn, left)
    if (ref := _named_in(turn, names)) is not None:
        return next(one for one in left if one.ref == ref)
    over = {thing.subject.ref for thing in await _kept(turn, action) if thing.over}
    under_way = [one for one in left if one.ref not in over]
    if len(under_way) == 1:
        return under_way[0]
    asked = {one.ref for one in under_way or left}
    await _ask_thing(turn, "bot.which_thing", {ref: name for ref, name in names.items() if ref in asked})
    return None


async def _ask_for_other_thing(turn: Turn, action: Action) -> None:
    """There is none; where an order was named, is it one of another order?"""
    if turn.memory.order_id is None:
        await turn.voice.say("bot.no_things", options=[turn.voice.person(), turn.voice.other()])
        return
    order = await shop.access_order(turn.tx, turn.actor, turn.memory.order_id)
    turn.remember(order_id=None)
    names = await _names(turn, await things(turn, action))
    await _ask_thing(turn, "bot.no_things.order", names, order=order.store_ref, item=content(order.document.lines))


async def _ask_thing(turn: Turn, words: str, names: Mapping[str, str], **parameters: Any) -> None:
    options = turn.voice.things(names)
    turn.remember(waiting=Waiting.THING if options else None, offered=tuple(option.id for option in options))
    await turn.voice.say(words, options=[*options, turn.voice.person(), turn.voice.other()], **parameters)


async def thing_named(turn: Turn, action: Action) -> str | None:
    """The thing that the words of this turn name, of those that were asked about."""
    return _named_in(turn, await _names(turn, await things(turn, action)))


def _named_in(turn: Turn, names: Mapping[str, str]) -> str | None:
    """The reference of the one thing whose name the words of this turn tell."""
    if not turn.heard.text:
        return None
    found = fitting(turn.heard.text, turn.heard.lang, [named(name) for name in names.values()])
    return list(names)[found[0]] if len(found) == 1 else None


async def _names(turn: Turn, subjects: Sequence[Subject]) -> dict[str, str]:
    """What parcels, subscriptions and what rooms keep are called, by reference; other things have no name."""
    names = await _kept_by_rooms(turn, {one.about for one in subjects})
    for about, id in dict.fromkeys((one.about, one.id) for one in subjects):
        match about:
            case About.PARCEL:
                order = await shop.access_order(turn.tx, turn.actor, id)
                names |= {one.ref: f"{one.carrier} {one.tracking_number}" for one in order.document.shipments}
            case About.SUBSCRIPTION:
                facts = await shop.customer_facts(turn.tx, turn.actor, id)
                names |= {one.ref: one.name for one in facts.subscriptions}
    return {one.ref: names[one.ref] for one in subjects if one.ref in names}


async def _kept_by_rooms(turn: Turn, kinds: Collection[About]) -> dict[str, str]:
    listing = {one.about: one.things for one in turn.wits.catalogue.actions.values() if one.things}
    found = [await listing[kind](turn.tx, turn.actor, turn.case.customer_id) for kind in kinds if kind in listing]
    return {thing.subject.ref: thing.name for things in found for thing in things}


async def _the_one(turn: Turn, wanted: Sequence[Action], orders: Sequence[Order]) -> UUID | None:
    if len(orders) == 1:
        return orders[0].id
    await ask_order(turn, wanted, among=orders)
    return None


async def _open_to(turn: Turn, wanted: Sequence[Action], orders: Sequence[Order]) -> list[Order]:
    return [
        one
        for one in orders
        if any([await turn.possible(action, subject) for action in wanted for subject in _of_order(action, one)])
    ]


async def _has_to_do(turn: Turn, wanted: Sequence[Action], order_id: UUID) -> bool:
    """Whether any of it has to do with the order, be it refused there; with none, the order will do as well."""
    if await _concerns(turn, wanted, await shop.access_order(turn.tx, turn.actor, order_id)):
        return True
    return not await _open_to(turn, wanted, await shop.orders_of(turn.tx, turn.case.customer_id, limit=LOOKED_AT))


async def _concerns(turn: Turn, wanted: Sequence[Action], one: Order) -> bool:
    for action in wanted:
        for subject in _of_order(action, one):
            refusal = await action.offer(turn.tx, turn.actor, subject) if action.offer else None
            if refusal is None or not refusal.unrelated:
                return True
    return False


async def _orders(turn: Turn) -> Sequence[Order]:
    if turn.memory.order_id:
        return [await shop.access_order(turn.tx, turn.actor, turn.memory.order_id)]
    return await shop.orders_of(turn.tx, turn.case.customer_id, limit=LOOKED_AT)


def _of_order(action: Action, one: Order) -> list[Subject]:
    match action.about:
        case About.ORDER:
            return [Subject(About.ORDER, one.id)]
        case About.PARCEL:
            return [Subject(About.PARCEL, one.id, parcel.ref) for parcel in one.document.shipments]
    return []


async def _by_name(turn: Turn, typed: str) -> UUID | None:
    """By its id on a button, or by its number."""
    try:
        return (await shop.access_order(turn.tx, turn.actor, UUID(typed))).id
    except ValueError:
        found = await shop.order_by_ref(turn.tx, turn.actor, turn.case.customer_id, typed)
        return found.id if found else None
    except Refused:
        return None


def _is_id(text: str) -> bool:
    return len(text) == 36

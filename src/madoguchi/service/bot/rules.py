"""What the bot remembers, and what it makes of what it hears. Pure."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Said
from madoguchi.core.cases.reasons import REASONS
from madoguchi.service.bot.answers import nth
from madoguchi.service.bot.understanding import Meaning

SURE = 0.5  # from here on a reason is taken up at once
CERTAIN = 0.8  # from here on it is no answer to a question that any words may answer
PERSON = 0.5  # from here on somebody is taken to want a person
STANDS_OUT = 0.25  # from here on it is taken up too when it is FAR likelier than any other
FAR = 3
POSSIBLE = 0.2  # between this and SURE the bot asks which of two was meant
MISSES = 2  # misunderstandings in a row before a person is offered at once
CANDIDATES = 5  # orders to pick from
LOOKED_AT = 10  # newest orders among which they are found
SEARCHED = 50  # newest orders among which one is found by what is in it
BUTTONS = 4  # of what can be done with an order; the others are a tap away
TOLD_TOGETHER = 3  # things under way of which a look-up at all that a customer has tells
STEPS_TOLD = 6

PERSON_AT_ONCE = {"item.safety": "bot.safety", "service.complaint": "bot.complaint"}
"""Reasons that no bot should handle, and what is said while a person is called."""


class Waiting(StrEnum):
    """What the bot has asked for."""

    ORDER = "order"
    THING = "thing"  # which parcel or subscription
    WAY = "way"  # which of several things to do
    ANSWER = "answer"  # to the field `asking`
    ENOUGH = "enough"  # whether what was told first is all that was wanted
    CONFIRMATION = "confirmation"
    SOLVED = "solved"


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the bot is in a conversation. `heard` is the last entry it has answered to.

    `offered` are the option ids of its last question, so that "the second one" means something. `action` is what ends
    the `reason`, once that is known, `thing` the parcel or subscription spoken of, `answers` what was said of the
    action's fields so far, `line` the line of the field `asking` of which more is asked, `said` the words of the wish.
    `told` is for which of them was told what is known already.
    """

    greeted: bool = False
    heard: int = 0
    reason: str | None = None
    said: str = ""
    action: str | None = None
    order_id: UUID | None = None
    thing: str = ""
    answers: dict[str, Any] = {}
    asking: str | None = None
    line: str | None = None
    told: dict[str, Any] = {}
    waiting: Waiting | None = None
    offered: tuple[str, ...] = ()
    quote_id: UUID | None = None
    misses: int = 0
    tried: tuple[Said, ...] = ()

    def did(self, step: Said) -> "Memory":
        """With one more step to tell a person about."""
        return msgspec.structs.replace(self, tried=(*self.tried, step)[-STEPS_TOLD:])


class Move(StrEnum):
    """What to do next."""

    PERSON = "person"
    CONFIRM = "confirm"
    KEEP = "keep"
    ORDER = "order"  # an order was named
    THING = "thing"  # a parcel or subscription was named
    ANSWER = "answer"
    ALL_OF_IT = "all_of_it"  # all units that a field offers
    ENOUGH = "enough"  # nothing more for this field
    ASK = "ask"  # this field again
    GO_ON = "go_on"  # what was told first was not all that was wanted
    CHANGE = "change"  # something that was answered before
    PAGE = "page"  # what is filled in on a page
    REASON = "reason"
    DO = "do"  # one action, on one thing or on one that is asked for
    MORE = "more"  # all that can be done with an order
    CLARIFY = "clarify"
    GREETING = "greeting"
    THANKS = "thanks"
    SOLVED = "solved"
    TOPICS = "topics"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_UNDERSTOOD = "not_understood"


class Topic(msgspec.Struct, frozen=True):
    """What a customer came for: a reason, and as far as it was said, the action, the order (its id or its number) and
    the parcel or subscription.
    """

    reason: str
    action: str = ""
    order: str | None = None
    thing: str = ""


class Next(msgspec.Struct, frozen=True):
    """A move and what it is about: a reason, an action, an order (its id, or the number as typed), two reasons to
    choose from, the quote whose button was pressed, a field and the path of its answer (see asking), a thing.
    """

    move: Move
    reason: str | None = None
    action: str = ""
    order: str | None = None
    either: tuple[str, ...] = ()
    quote: UUID | None = None
    field: str = ""
    path: str = ""
    thing: str = ""


def doing(action: str, subject: Subject) -> str:
    """The id of a button that does an action; on a whole customer or order it is asked which of their things."""
    return ":".join(("do", action, subject.about, str(subject.id), quote(subject.ref, safe="")))


def chosen(choice: str) -> Next:
    """What pressing an option means; its id says it: `reason:order.cancel`, `order:<id>`, `confirm:<quote>`."""
    kind, _, rest = choice.partition(":")
    match kind:
        case "service.human":
            return Next(Move.PERSON)
        case "reason":
            reason, _, order = rest.partition(":")
            return Next(Move.REASON, reason=reason, order=order or None)
        case "do":
            action, about, id, ref = rest.split(":")
            of_order = About(about) in {About.ORDER, About.PARCEL}
            return Next(Move.DO, action=action, order=id if of_order else None, thing=unquote(ref))
        case "more":
            return Next(Move.MORE, order=rest)
        case "order":
            return Next(Move.ORDER, order=rest)
        case "confirm":
            return Next(Move.CONFIRM, quote=UUID(rest))
        case "keep":
            return Next(Move.KEEP)
        case "change":
            return Next(Move.CHANGE, quote=UUID(rest))
        case "thing":
            return Next(Move.THING, thing=unquote(rest))
        case "answer":
            field, _, path = rest.partition(":")
            return Next(Move.ANSWER, field=field, path=path)
        case "all" | "enough" | "ask":
            return Next({"all": Move.ALL_OF_IT, "enough": Move.ENOUGH, "ask": Move.ASK}[kind], field=rest)
        case "open":
            return Next(Move.PAGE)
        case "go_on":
            return Next(Move.GO_ON)
        case "solved" if rest == "yes":
            return Next(Move.SOLVED)
    return Next(Move.TOPICS)


_OF_ONE_THING = {
    Move.DO,
    Move.MORE,
    Move.ORDER,
    Move.THING,
    Move.ANSWER,
    Move.ALL_OF_IT,
    Move.ENOUGH,
    Move.ASK,
    Move.GO_ON,
    Move.CHANGE,
    Move.PAGE,
    Move.CONFIRM,
    Move.KEEP,
}


def beside_people(pressed: Next) -> bool:
    """Whether the bot does this also while people have the case: what a button says about one order or one slip."""
    return pressed.move in _OF_ONE_THING or bool(pressed.move is Move.REASON and pressed.order)


def meant(meaning: Meaning, memory: Memory) -> Next:
    """What an utterance means here: a wish for a person first, then an answer to the question, then a new topic."""
    if meaning.reason == "service.human" and meaning.confidence >= PERSON:
        return Next(Move.PERSON)
    if meaning.yes_no is not None and (answer := _yes_no(meaning.yes_no, memory)):
        return answer
    numbers = meaning.slots.order_numbers
    another = is_certainly_a_wish(meaning) and meaning.reason != memory.reason  # with a number of its own, perhaps
    named = numbers[0] if numbers and not another else None
    if memory.waiting is Waiting.ORDER and (order := named or _picked(meaning, memory, "order:")):
        return Next(Move.ORDER, order=order)
    if memory.waiting is Waiting.THING and (thing := _picked(meaning, memory, "thing:")):
        return Next(Move.THING, thing=unquote(thing))
    if memory.waiting is Waiting.WAY and (way := _picked(meaning, memory, "do:")):
        return chosen(f"do:{way}")
    if memory.waiting is Waiting.ENOUGH and not _is_another_wish(meaning, memory):
        return Next(Move.GO_ON)
    if meaning.reason == "out_of_scope":
        return _beside(memory) if not numbers else Next(Move.REASON, reason="order.status", order=numbers[0])
    if meaning.confidence >= SURE or _stands_out(meaning):
        return _topic(meaning.reason, numbers[0] if numbers else None)
    if numbers:
        return Next(Move.REASON, reason=memory.reason or "order.status", order=numbers[0])
    likely = tuple(
        reason
        for reason, chance in meaning.ranked[:2]
        if chance >= POSSIBLE and not reason.startswith(("chat.", "out_of_scope"))
    )
    if len(likely) == 2 and memory.misses == 0:
        return Next(Move.CLARIFY, either=likely)
    return Next(Move.NOT_UNDERSTOOD)


def may_answer(meaning: Meaning) -> bool:
    """Whether an utterance can be the answer to a field: neither a no, which leaves it, nor a call for a person."""
    return meaning.yes_no is not False and not (meaning.reason == "service.human" and meaning.confidence >= PERSON)


def asks_further(meaning: Meaning, also: Collection[str]) -> bool:
    """Whether words after what was told first are the question itself: what the action ends beside its own reason."""
    return meaning.reason in also and meaning.confidence >= SURE


def may_name_order(meaning: Meaning, memory: Memory) -> bool:
    """Whether words can be the answer to which order was meant, and no new topic."""
    same = {memory.reason, "order.status"}
    return may_answer(meaning) and (meaning.reason in same or not is_certainly_a_wish(meaning))


def is_certainly_a_wish(meaning: Meaning) -> bool:
    """Whether an utterance is a new topic even where any words may be an answer."""
    return is_a_wish(meaning) and meaning.confidence >= CERTAIN


def is_a_wish(meaning: Meaning) -> bool:
    """Whether an utterance is a new topic where a name, a code or an amount is asked for."""
    known = REASONS.get(meaning.reason)
    return known is not None and not known.conversation and meaning.confidence >= SURE


def tells_language(text: str, meaning: Meaning) -> bool:
    """Whether an utterance says enough to go on in its language: no bare yes, thanks, name or number."""
    if meaning.yes_no is not None or meaning.reason in {"chat.greeting", "chat.thanks", "out_of_scope"}:
        return False
    return len(text.split()) >= 3 or (not text.isascii() and len(text) >= 6)


def _is_another_wish(meaning: Meaning, memory: Memory) -> bool:
    """Whether words after what was told first turn to something else, if only to thanks."""
    return meaning.reason not in {memory.reason, "out_of_scope"} and meaning.confidence >= SURE


def _stands_out(meaning: Meaning) -> bool:
    """Right six times out of seven on utterances held out; what follows is shown before anything happens."""
    (_, first), (_, second), *_ = meaning.ranked
    return first >= STANDS_OUT and first >= FAR * second


def _yes_no(yes: bool, memory: Memory) -> Next | None:
    match memory.waiting:
        case Waiting.CONFIRMATION:
            return Next(Move.CONFIRM if yes else Move.KEEP)
        case Waiting.ANSWER if not yes:
            return Next(Move.KEEP)
        case Waiting.ENOUGH:
            return Next(Move.SOLVED if yes else Move.GO_ON)
        case Waiting.SOLVED:
            return Next(Move.SOLVED if yes else Move.TOPICS)
        case Waiting.ORDER if yes and len(memory.offered) == 1:
            return Next(Move.ORDER, order=memory.offered[0].removeprefix("order:"))
    return None


def _picked(meaning: Meaning, memory: Memory, kind: str) -> str | None:
    """Which of the options of a kind was meant by its place in the list."""
    return nth(
        [option.removeprefix(kind) for option in memory.offered if option.startswith(kind)], meaning.slots.choice
    )


def _topic(reason: str, order: str | None) -> Next:
    match reason:
        case "chat.greeting":
            return Next(Move.GREETING)
        case "chat.thanks":
            return Next(Move.THANKS)
    return Next(Move.REASON, reason=reason, order=order)


def _beside(memory: Memory) -> Next:
    return Next(Move.NOT_UNDERSTOOD if memory.misses else Move.OUT_OF_SCOPE)

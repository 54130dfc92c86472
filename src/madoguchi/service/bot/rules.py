"""What the bot remembers, and what it makes of what it hears. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.actions.rules import Said
from madoguchi.service.bot.answers import LAST
from madoguchi.service.bot.understanding import Meaning

SURE = 0.5  # from here on a reason is taken up at once
PERSON = 0.5  # from here on somebody is taken to want a person
POSSIBLE = 0.2  # between this and SURE the bot asks which of two was meant
MISSES = 2  # misunderstandings in a row before a person is offered at once
CANDIDATES = 5  # orders to pick from
LOOKED_AT = 10  # newest orders among which they are found
STEPS_TOLD = 6

PERSON_AT_ONCE = {"item.safety": "bot.safety", "service.complaint": "bot.complaint"}
"""Reasons that no bot should handle, and what is said while a person is called."""


class Waiting(StrEnum):
    """What the bot has asked for."""

    ORDER = "order"
    CONFIRMATION = "confirmation"
    SOLVED = "solved"


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the bot is in a conversation. `heard` is the last entry it has answered to.

    `offered` are the option ids of its last question, so that "the second one" means something.
    """

    greeted: bool = False
    heard: int = 0
    reason: str | None = None
    order_id: UUID | None = None
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
    REASON = "reason"
    CLARIFY = "clarify"
    GREETING = "greeting"
    THANKS = "thanks"
    SOLVED = "solved"
    TOPICS = "topics"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_UNDERSTOOD = "not_understood"


class Next(msgspec.Struct, frozen=True):
    """A move and what it is about: a reason, an order (its id, or the number as typed), two reasons to choose from,
    the quote whose button was pressed.
    """

    move: Move
    reason: str | None = None
    order: str | None = None
    either: tuple[str, ...] = ()
    quote: UUID | None = None


def chosen(choice: str) -> Next:
    """What pressing an option means; its id says it: `reason:order.cancel`, `order:<id>`, `confirm:<quote>`."""
    kind, _, rest = choice.partition(":")
    match kind:
        case "service.human":
            return Next(Move.PERSON)
        case "reason":
            reason, _, order = rest.partition(":")
            return Next(Move.REASON, reason=reason, order=order or None)
        case "order":
            return Next(Move.ORDER, order=rest)
        case "confirm":
            return Next(Move.CONFIRM, quote=UUID(rest))
        case "keep":
            return Next(Move.KEEP)
        case "solved" if rest == "yes":
            return Next(Move.SOLVED)
    return Next(Move.TOPICS)


def beside_people(pressed: Next) -> bool:
    """Whether the bot does this also while people have the case: what a button says about one order or one slip."""
    return pressed.move in {Move.ORDER, Move.CONFIRM, Move.KEEP} or bool(pressed.move is Move.REASON and pressed.order)


def meant(meaning: Meaning, memory: Memory) -> Next:
    """What an utterance means here: a wish for a person first, then an answer to the question, then a new topic."""
    if meaning.reason == "service.human" and meaning.confidence >= PERSON:
        return Next(Move.PERSON)
    if meaning.yes_no is not None and (answer := _yes_no(meaning.yes_no, memory)):
        return answer
    numbers = meaning.slots.order_numbers
    if memory.waiting is Waiting.ORDER and (order := numbers[0] if numbers else _picked(meaning, memory.offered)):
        return Next(Move.ORDER, order=order)
    if meaning.reason == "out_of_scope":
        return _beside(memory) if not numbers else Next(Move.REASON, reason="order.status", order=numbers[0])
    if meaning.confidence >= SURE:
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


def tells_language(text: str, meaning: Meaning) -> bool:
    """Whether an utterance says enough to go on in its language: no bare yes, thanks, name or number."""
    if meaning.yes_no is not None or meaning.reason in {"chat.greeting", "chat.thanks", "out_of_scope"}:
        return False
    return len(text.split()) >= 3 or (not text.isascii() and len(text) >= 6)


def _yes_no(yes: bool, memory: Memory) -> Next | None:
    match memory.waiting:
        case Waiting.CONFIRMATION:
            return Next(Move.CONFIRM if yes else Move.KEEP)
        case Waiting.SOLVED:
            return Next(Move.SOLVED if yes else Move.TOPICS)
        case Waiting.ORDER if yes and len(memory.offered) == 1:
            return Next(Move.ORDER, order=memory.offered[0].removeprefix("order:"))
    return None


def _picked(meaning: Meaning, offered: Sequence[str]) -> str | None:
    choice = meaning.slots.choice
    orders = [option.removeprefix("order:") for option in offered if option.startswith("order:")]
    if choice is None or not orders:
        return None
    if choice == LAST:
        return orders[-1]
    return orders[choice - 1] if 1 <= choice <= len(orders) else None


def _topic(reason: str, order: str | None) -> Next:
    match reason:
        case "chat.greeting":
            return Next(Move.GREETING)
        case "chat.thanks":
            return Next(Move.THANKS)
    return Next(Move.REASON, reason=reason, order=order)


def _beside(memory: Memory) -> Next:
    return Next(Move.NOT_UNDERSTOOD if memory.misses else Move.OUT_OF_SCOPE)

"""Filling in what an action asks for, one field after the other, up to the slip or to the deed."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import Field, FieldKind, Subject
from madoguchi.core.actions.reading import read_field
from madoguchi.core.actions.rules import Card, Effect, TextCard
from madoguchi.core.photos import queries as photos
from madoguchi.core.requests import verbs as requests
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.service.bot import doable, finding
from madoguchi.service.bot.asking import Form, everything, is_written, typed
from madoguchi.service.bot.normal import normal
from madoguchi.service.bot.pieces import pieces, with_said
from madoguchi.service.bot.refusing import refuse
from madoguchi.service.bot.replies import meant, says_all, says_enough, with_replies
from madoguchi.service.bot.rules import (
    MISSES,
    Move,
    Next,
    Waiting,
    asks_further,
    is_a_wish,
    is_certainly_a_wish,
    may_answer,
)
from madoguchi.service.bot.times import with_times
from madoguchi.service.bot.turn import Turn
from madoguchi.service.bot.understanding import Meaning
from madoguchi.service.bot.voice import Option, wish_of


class Held:
    """The action that is being filled in, on one thing, with what was answered so far."""

    def __init__(self, turn: Turn, action: Action, subject: Subject, form: Form) -> None:
        self._turn = turn
        self.action = action
        self.subject = subject
        self.form = form

    async def go_on(self, form: Form | None = None) -> None:
        """Ask for the next field, or do what is asked for with the answers. Raises Refused."""
        turn = self._turn
        self.form = await self._as_asked_now(form or self.form)
        turn.remember(
            answers=dict(self.form.answers), asking=self.form.asking, line=self.form.line, waiting=None, quote_id=None
        )
        if await self._told_first():
            return
        if field := self.form.open:
            options = await turn.voice.ask(self.action.name, self.subject, self.form, field)
            offered = tuple(option.id for option in options)
            turn.remember(asking=field.name, waiting=Waiting.ANSWER, offered=offered)
            return
        try:
            await self._conclude()
        except Refused as refused:
            wrong = self.form.field(str(refused.parameters.get("field", "")).partition(".")[0])
            if wrong is None:
                raise
            await turn.voice.say(refused.key, **refused.parameters)
            await self.go_on(self.form.again(wrong.name))

    async def _as_asked_now(self, form: Form) -> Form:
        """The form after what was answered: what no longer matters is asked no more, and its answer forgotten.

        What the words of the wish tell of what is asked now, is answered.
        """
        turn = self._turn
        asked = await actions.fields(turn.tx, turn.actor, self.action, self.subject, form.answers)
        names = {field.name for field in asked}
        answers = {name: value for name, value in form.answers.items() if name in names}
        left = Form(asked, answers, form.asking, form.line)
        told = with_replies(left, turn.memory.said, turn.heard.lang)
        return await self._as_asked_now(told) if told.answers != left.answers else left

    async def _told_first(self) -> bool:
        """Whether what is known already was told just now: once for what it was looked up by."""
        turn = self._turn
        look = turn.wits.catalogue.actions.get(self.action.first or "")
        asked = await actions.fields(turn.tx, turn.actor, look, self.subject) if look else ()
        if not asked or any(field.name not in self.form.answers for field in asked):
            return False
        by, card = await actions.beforehand(
            turn.tx, turn.wits.catalogue, turn.actor, self.action, self.subject, self.form.answers
        )
        if card is None or by == turn.memory.told:
            return False
        turn.note("bot.tried.told")
        turn.remember(told=dict(by), waiting=Waiting.ENOUGH)
        ways = await doable.named(turn, self.subject.id, card.ways) if card.ways else []
        await turn.voice.tell_first(self.action.name, card, ways)
        return True

    async def fill(self, form: Form | None = None) -> None:
        """Go on; what the rules say against it is told."""
        try:
            await self.go_on(form)
        except Refused as refused:
            await refuse(self._turn, refused)

    async def _conclude(self) -> None:
        turn, raw = self._turn, self.subject.arguments | dict(self.form.answers)
        if self.action.effect is not Effect.CHANGE:
            card = await turn.run(self.action, raw)
            await turn.voice.say("bot.done", card=card, options=await self._then(card))
            return
        quote = await requests.quote(
            turn.tx,
            turn.wits.catalogue,
            turn.actor,
            self.action.name,
            raw,
            customer_id=turn.case.customer_id,
            case_id=turn.case.id,
        )
        turn.note("bot.tried.quoted", wish=wish_of(self.action.name))
        turn.remember(waiting=Waiting.CONFIRMATION, quote_id=quote.id)
        await turn.voice.offer(quote, changeable=bool(self.form.fields))

    async def _then(self, card: Card) -> list[Option]:
        """What can be done next, with what was just made known."""
        known = self._turn.wits.catalogue.actions
        named = [known[name] for name in card.ways] if isinstance(card, TextCard) else []
        return await doable.buttons(self._turn, named, await finding.possible(self._turn, named))


async def begin(turn: Turn, action: Action, subject: Subject) -> None:
    """Begin to fill in; raises Refused when it cannot be done, before anything is asked."""
    held = await _held(turn, action, subject)
    held.form = with_said(held.form, turn.memory.said, Reader(turn.heard.lang))
    held.form = with_times(held.form, turn.memory.said, _today(turn))
    asks = held.form.open or not held.form.fields  # else the quote refuses it
    if asks and action.offer and (why := await action.offer(turn.tx, turn.actor, subject)):
        raise Refused(why.code, 409, alternatives=why.alternatives, **why.parameters)
    await held.go_on()


async def in_hand(turn: Turn) -> Held | None:
    """What is being filled in, if anything is."""
    action = turn.wits.catalogue.actions.get(turn.memory.action or "")
    subject = turn.subject(action) if action and action.about else None
    return await _held(turn, action, subject) if action and subject else None


async def fill_in(turn: Turn, now: Next) -> None:
    """A button that answers a field, or asks for it anew."""
    held = await in_hand(turn)
    if held is None:
        await turn.voice.say("bot.offer_topics", options=turn.voice.topics())
        return
    form = held.form
    match now.move:
        case Move.ANSWER:
            form = form.picked(now.field, now.path)
        case Move.ALL_OF_IT if field := form.field(now.field):
            form = form.told(now.field, everything(field))
        case Move.ENOUGH:
            form = form.ended(now.field)
        case Move.ASK:
            form = form.again(now.field)
    await held.fill(form)


async def answered(turn: Turn, text: str, meaning: Meaning) -> bool:
    """Whether a text answered the field that was asked for; then it went on."""
    if turn.memory.waiting not in {Waiting.ANSWER, Waiting.ENOUGH}:
        return False
    held = await in_hand(turn)
    if held and await _no_more(turn, held, text, meaning):
        return True
    if not may_answer(meaning):
        return False
    if held and turn.memory.waiting is Waiting.ENOUGH and not asks_further(meaning, held.action.also):
        return False
    field = held.form.open if held else None
    if held is None or field is None:
        return False
    form = held.form
    if is_written(field):
        if field.kind is not FieldKind.NOTE and is_a_wish(meaning):
            return False
        try:
            form = form.told(field.name, read_field(field, text))
        except Refused as refused:
            await turn.voice.say(refused.key, **refused.parameters)
    elif (timed := with_times(form, text, _today(turn))).answers != form.answers:
        form = timed
    else:
        chosen = _chosen(turn, form, field, text, meaning)
        if chosen is None:
            return not is_certainly_a_wish(meaning) and await _ask_again(turn, held)
        form = chosen
    turn.remember(misses=0)
    await held.fill(form)
    return True


async def _no_more(turn: Turn, held: Held, text: str, meaning: Meaning) -> bool:
    """Whether a text meant that what was picked so far is all; then it went on."""
    field = held.form.open
    if field is None or held.form.line or not held.form.answers.get(field.name):
        return False
    if meaning.yes_no is not False and not says_enough(text, turn.heard.lang):
        return False
    await held.fill(held.form.ended(field.name))
    return True


def _chosen(turn: Turn, form: Form, field: Field, text: str, meaning: Meaning) -> Form | None:
    """The form with what a text means of what can be picked, by its label, its place or in other words."""
    path = typed(text, turn.voice.labels(field, form), meaning.slots.choice)
    if path is not None:
        return form.picked(field.name, path)
    if field.kind is FieldKind.CHOICE and (value := meant(field, text, turn.heard.lang)):
        return form.told(field.name, value)
    if field.kind is FieldKind.UNITS and says_all(text, turn.heard.lang):
        return form.told(field.name, everything(field))
    if field.kind is FieldKind.UNITS and not form.line and (units := pieces(field, text, Reader(turn.heard.lang))):
        return form.told(field.name, units)
    return _elsewhere(turn, form, field, text)


def _elsewhere(turn: Turn, form: Form, asked: Field, text: str) -> Form | None:
    """The form with another answer than before to a question that was asked earlier, where a text is just that."""
    for field in form.fields:
        if field is not asked and field.kind is FieldKind.CHOICE and field.name in form.answers:
            labels = {normal(label): path for path, label in turn.voice.labels(field, form).items()}
            if path := labels.get(normal(text)):
                return form.picked(field.name, path)
    return None


async def _ask_again(turn: Turn, held: Held) -> bool:
    """Whether it was asked once more, with everything kept that was answered."""
    if turn.memory.misses >= MISSES:
        return False
    turn.remember(misses=turn.memory.misses + 1)
    await turn.voice.say("bot.ask.not_understood")
    await held.fill()
    return True


async def showed(turn: Turn, shas: Sequence[str]) -> bool:
    """Whether photos went to what is being filled in, or stands on a slip to be confirmed; then it went on."""
    if turn.memory.waiting not in {Waiting.ANSWER, Waiting.CONFIRMATION}:
        return False
    held = await in_hand(turn)
    sent = await photos.sent(turn.tx, turn.case.customer_id, shas)
    form = held.form.showing([str(photo.id) for photo in sent]) if held else None
    if held is None or form is None:
        return False
    await held.fill(form)
    return True


async def change(turn: Turn, pressed: UUID | None) -> bool:
    """Another answer than the one that stands on the slip; False when that slip no longer holds."""
    held, quote_id = await in_hand(turn), turn.memory.quote_id
    if held is None or quote_id is None or pressed != quote_id:
        return False
    if len(held.form.fields) == 1:
        await held.fill(held.form.again(held.form.fields[0].name))
    else:
        await turn.voice.ask_what_to_change(held.action.name, held.form.fields, quote_id)
    return True


def _today(turn: Turn) -> date:
    return turn.tx.now.astimezone(turn.zone).date()


async def _held(turn: Turn, action: Action, subject: Subject) -> Held:
    memory = turn.memory
    fields = await actions.fields(turn.tx, turn.actor, action, subject, memory.answers)
    return Held(turn, action, subject, Form(fields, memory.answers, memory.asking, memory.line))

"""One turn of the bot in one case: hear, decide, do. Everything within one transaction; nothing goes outside."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About, FieldKind, Subject
from madoguchi.core.actions.reading import read_field
from madoguchi.core.actions.rules import Card, Effect, OrderCard, said
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case, Entry, access_case
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.cases.rules import Author, Kind, State
from madoguchi.core.people.queries import Customer
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import find_quote, request_of_quote
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import OrderState
from madoguchi.core.shop.queries import Order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Signer
from madoguchi.service.bot.asking import Form, everything, is_written, typed
from madoguchi.service.bot.rules import (
    CANDIDATES,
    LOOKED_AT,
    MISSES,
    PERSON_AT_ONCE,
    Memory,
    Move,
    Next,
    Waiting,
    beside_people,
    chosen,
    is_certainly_a_wish,
    may_answer,
    meant,
    tells_language,
)
from madoguchi.service.bot.understanding import Meaning, Understanding
from madoguchi.service.bot.voice import Option, Voice


class Wits(msgspec.Struct, frozen=True):
    """What the bot thinks and acts with."""

    catalogue: Catalogue
    understanding: Understanding
    signer: Signer

    def action_for(self, reason: str) -> Action | None:
        """The action that ends a contact reason: its own before one that ends it as well."""
        known = self.catalogue.actions.values()
        own = (action for action in known if action.reason == reason)
        return next(own, None) or next((action for action in known if reason in action.also), None)


def memory_of(case: Case) -> Memory:
    """What the bot remembers of a case."""
    return msgspec.convert(case.dialogue, Memory)


class Talk:
    """A conversation in the bot's hands, for the length of a turn."""

    def __init__(self, tx: Tx, wits: Wits, actor: Actor, case: Case, customer: Customer, zone: str) -> None:
        self.memory = memory_of(case)
        self._shown = self.memory.quote_id  # what the customer's words of this turn can be about
        self._tx = tx
        self._wits = wits
        self._actor = actor
        self._case = case
        self._customer = customer
        self._voice = Voice(tx, case, zone)
        self._handed_over = False

    @property
    def goes_on(self) -> bool:
        """Whether the bot still has the case."""
        return not self._handed_over

    async def hear(self, entries: Sequence[Entry]) -> None:
        """Answer to what came since the last turn: a first greeting, choices, texts, and what became of a request."""
        if not self.memory.greeted:
            self._remember(greeted=True)
            await self._greet(quiet=any(entry.author is Author.CUSTOMER for entry in entries))
        texts: list[str] = []
        for entry in entries:
            if not self.goes_on:
                break
            match entry.kind:
                case Kind.MESSAGE if entry.author is Author.CUSTOMER:
                    texts.append(entry.text)
                case Kind.CHOICE if entry.author is Author.CUSTOMER:
                    await self._do(chosen((entry.body or {})["choice"]))
                case Kind.FILE if entry.author is Author.CUSTOMER:
                    await self._voice.say("bot.photo_seen", options=[self._voice.person()])
                case Kind.ACTION if "request" in (entry.body or {}):
                    await self._settled(entry)
                case Kind.ACTION:
                    await self._go_on()
        if texts and self.goes_on:
            await self._listen("\n".join(texts))

    async def serve(self, entries: Sequence[Entry]) -> None:
        """People have the case: do what the customer pressed about an order or a slip, and say nothing else."""
        for entry in entries:
            if entry.kind is Kind.CHOICE and beside_people(pressed := chosen((entry.body or {})["choice"])):
                await self._do(pressed)
        self._remember(waiting=None)  # what is typed next is said to a person

    # --- understanding ----------------------------------------------------------------------------------------------

    async def _listen(self, text: str) -> None:
        meaning = self._wits.understanding.understand(text, self._case.locale)
        if "**** **** ****" in text:
            await self._voice.say("bot.card_masked")
        if meaning.language != self._case.locale and tells_language(text, meaning):
            await self._voice.speak(meaning.language)
            await self._voice.say("bot.language_switched")
        if meaning.asks_if_human:
            await self._voice.say("bot.are_you_human", options=[self._voice.person(), self._voice.other()])
        elif not await self._answered(text, meaning):
            await self._do(meant(meaning, self.memory))

    async def _do(self, now: Next) -> None:
        if now.move not in {Move.NOT_UNDERSTOOD, Move.CLARIFY, Move.OUT_OF_SCOPE}:
            self._remember(misses=0)
        match now.move:
            case Move.PERSON:
                await self._hand_over()
            case Move.CONFIRM:
                await self._confirm(now.quote)
            case Move.KEEP:
                self._remember(waiting=None, quote_id=None)
                await self._voice.say("bot.quote.kept", options=self._voice.topics())
            case Move.ORDER:
                await self._start(self.memory.reason or "order.status", now.order)
            case Move.THING:
                await self._start(self.memory.reason or "order.status", None, now.thing)
            case Move.ANSWER | Move.ALL_OF_IT | Move.ENOUGH | Move.ASK | Move.PAGE:
                await self._fill_in(now)
            case Move.CHANGE:
                await self._change(now.quote)
            case Move.REASON:
                await self._start(now.reason or "order.status", now.order)
            case Move.CLARIFY:
                await self._clarify(now.either)
            case Move.GREETING | Move.TOPICS:
                await self._voice.say("bot.offer_topics", options=self._voice.topics())
            case Move.THANKS:
                self._remember(waiting=Waiting.SOLVED)
                await self._voice.say("bot.thanks.anything_else", options=self._voice.solved())
            case Move.SOLVED:
                await self._voice.say("bot.thanks.bye")
                await self._end()
            case Move.OUT_OF_SCOPE:
                self._remember(misses=self.memory.misses + 1)
                await self._voice.say("bot.out_of_scope", options=self._voice.topics())
            case Move.NOT_UNDERSTOOD:
                await self._miss()

    async def _clarify(self, either: Sequence[str]) -> None:
        first, second = (self._wits.action_for(reason) for reason in either)
        if first and first is second:  # whichever was meant, this is what ends it
            await self._start(either[0], None)
            return
        self._remember(misses=self.memory.misses + 1)
        a, b = (self._voice.name(reason) for reason in either)
        options = [self._voice.topic(reason) for reason in either]
        await self._voice.say("bot.clarify", options=[*options, self._voice.person()], a=a, b=b)

    async def _miss(self) -> None:
        misses = self.memory.misses + 1
        self._remember(misses=misses)
        if misses >= MISSES:
            await self._voice.say(
                "bot.not_understood.again", options=[self._voice.person(), *self._voice.topics()[:-1]]
            )
        else:
            await self._voice.say("bot.not_understood", options=self._voice.topics())

    # --- the first word ---------------------------------------------------------------------------------------------

    async def _greet(self, *, quiet: bool) -> None:
        """Say what we are; with nothing said yet, also what this customer most likely came for."""
        if self._customer.name:
            await self._voice.say("bot.greeting.named", name=self._customer.name)
        else:
            await self._voice.say("bot.greeting")
        if quiet:
            return
        if self._case.order_id:
            await self._start("order.status", str(self._case.order_id))
        elif late := await self._late_order():
            self._remember(reason="delivery.late", order_id=late.id)
            await self._show_order(late, "delivery.late")
        else:
            await self._voice.say("bot.offer_topics", options=self._voice.topics())

    async def _late_order(self) -> OrderCard | None:
        show = self._wits.action_for("delivery.late")
        if show is None or self._actor.level < show.need.level:
            return None
        for order in await shop.orders_of(self._tx, self._case.customer_id, limit=CANDIDATES):
            if order.document.state in {OrderState.DELIVERED, OrderState.CANCELLED}:
                continue
            card = await self._run(show, {"order_id": order.id})
            if isinstance(card, OrderCard) and card.late:
                return card
        return None

    # --- doing ------------------------------------------------------------------------------------------------------

    async def _start(self, reason: str, order: str | None, thing: str = "") -> None:
        """Take up a reason: find what it is about, then do what ends it."""
        if reason not in REASONS:
            await self._miss()
            return
        known = self.memory.order_id if order is None else None  # a topic goes on with the order spoken of
        self._remember(reason=reason, waiting=None, quote_id=None, offered=(), thing=thing)
        self._remember(answers={}, asking=None, line=None)
        await cases.describe(self._tx, self._case.id, reason=reason)
        if reason == "service.human" or reason in PERSON_AT_ONCE:
            await self._hand_over(PERSON_AT_ONCE.get(reason, "bot.handing_over"))
            return
        action = self._wits.action_for(reason)
        if action is None or action.about is None:
            label = self._voice.name(reason)
            await self._voice.say("bot.not_yet", options=[self._voice.person(), self._voice.other()], reason=label)
            return
        if self._actor.level < action.need.level:
            await self._voice.say("bot.sign_in_needed", options=[self._voice.person()])
            return
        if action.about in _OF_ORDERS:
            order_id = known or await self._find_order(order)
            if order_id is None:
                await self._ask_order(action, missing=order)
                return
            self._remember(order_id=order_id)
            await cases.describe(self._tx, self._case.id, order_id=order_id)
        if subject := await self._subject(action):
            await self._finish(action, reason, subject, implied=known is not None)

    async def _subject(self, action: Action) -> Subject | None:
        """The thing that is spoken of; None when it had to be asked for first."""
        owner = self.memory.order_id if action.about in _OF_ORDERS else self._case.customer_id
        assert owner
        assert action.about
        if action.about in {About.ORDER, About.CUSTOMER}:
            return Subject(action.about, owner)
        things = await self._things(action.about, owner)
        if self.memory.thing not in things and len(things) == 1:
            self._remember(thing=next(iter(things)))
        if self.memory.thing in things:
            return Subject(action.about, owner, self.memory.thing)
        options = self._voice.things(things)
        if options:
            self._remember(waiting=Waiting.THING, offered=tuple(option.id for option in options))
            await self._voice.say("bot.which_thing", options=[*options, self._voice.person()])
        else:
            await self._voice.say("bot.no_things", options=[self._voice.person(), self._voice.other()])
        return None

    async def _things(self, about: About, owner: UUID) -> dict[str, str]:
        """Parcels of an order, or a customer's subscriptions, each with its name."""
        if about is About.PARCEL:
            order = await shop.access_order(self._tx, self._actor, owner)
            return {parcel.ref: f"{parcel.carrier} {parcel.tracking_number}" for parcel in order.document.shipments}
        facts = await shop.customer_facts(self._tx, self._actor, owner)
        return {subscription.ref: subscription.name for subscription in facts.subscriptions}

    async def _finish(self, action: Action, reason: str, subject: Subject, *, implied: bool) -> None:
        try:
            if action.effect is Effect.READ:
                card = await self._run(action, subject.arguments)
                if isinstance(card, OrderCard):
                    await self._show_order(card, reason)
                return
            form = await self._form(action, subject)
            if form.open and action.offer and (why := await action.offer(self._tx, self._actor, subject)):
                raise Refused(why.code, 409, alternatives=why.alternatives, **why.parameters)  # before asking anything
            await self._go_on_filling(action, subject, form)
        except Refused as refused:
            others = await self._candidates(action) if implied and action.about in _OF_ORDERS else []
            await self._refuse(refused, others)

    # --- what an action asks for ------------------------------------------------------------------------------------

    async def _form(self, action: Action, subject: Subject) -> Form:
        memory = self.memory
        fields = await actions.fields(self._tx, self._actor, action, subject)
        return Form(fields, memory.answers, memory.asking, memory.line)

    async def _in_hand(self) -> tuple[Action, Subject, Form] | None:
        """The action that is being filled in, if one is."""
        action = self._wits.action_for(self.memory.reason or "")
        if action is None or action.about is None or (action.about in _OF_ORDERS and not self.memory.order_id):
            return None
        subject = await self._subject(action)
        return (action, subject, await self._form(action, subject)) if subject else None

    async def _fill_in(self, now: Next) -> None:
        """A button that answers a field, or asks for it anew."""
        held = await self._in_hand()
        if held is None:
            await self._voice.say("bot.offer_topics", options=self._voice.topics())
            return
        action, subject, form = held
        match now.move:
            case Move.ANSWER:
                form = form.picked(now.field, now.path)
            case Move.ALL_OF_IT if field := form.field(now.field):
                form = form.told(now.field, everything(field))
            case Move.ENOUGH:
                form = form.ended(now.field)
            case Move.ASK:
                form = form.again(now.field)
        await self._fill(action, subject, form)

    async def _answered(self, text: str, meaning: Meaning) -> bool:
        """Whether a text answered the field that was asked for; then it went on."""
        if self.memory.waiting is not Waiting.ANSWER or not may_answer(meaning):
            return False
        held = await self._in_hand()
        field = held[2].open if held else None
        if held is None or field is None:
            return False
        action, subject, form = held
        if is_written(field):
            if field.kind is not FieldKind.NOTE and is_certainly_a_wish(meaning):
                return False
            try:
                form = form.told(field.name, read_field(field, text))
            except Refused as refused:
                await self._voice.say(refused.key, **refused.parameters)
        else:
            path = typed(text, self._voice.labels(field, form), meaning.slots.choice)
            if path is None:
                return False
            form = form.picked(field.name, path)
        await self._fill(action, subject, form)
        return True

    async def _fill(self, action: Action, subject: Subject, form: Form) -> None:
        """Go on with a form in hand; what the rules say against it is told."""
        try:
            await self._go_on_filling(action, subject, form)
        except Refused as refused:
            await self._refuse(refused)

    async def _go_on_filling(self, action: Action, subject: Subject, form: Form) -> None:
        """Ask for the next field, or do what is asked for with the answers."""
        self._remember(answers=dict(form.answers), asking=form.asking, line=form.line, waiting=None, quote_id=None)
        if field := form.open:
            options = await self._voice.ask(action.name, subject, form, field)
            offered = tuple(option.id for option in options)
            self._remember(asking=field.name, waiting=Waiting.ANSWER, offered=offered)
            return
        try:
            await self._conclude(action, subject, form)
        except Refused as refused:
            wrong = form.field(str(refused.parameters.get("field", "")).partition(".")[0])
            if wrong is None:
                raise
            await self._voice.say(refused.key, **refused.parameters)
            await self._go_on_filling(action, subject, form.again(wrong.name))

    async def _conclude(self, action: Action, subject: Subject, form: Form) -> None:
        raw = subject.arguments | dict(form.answers)
        if action.effect is Effect.CHANGE:
            await self._quote(action, raw, changeable=bool(form.fields))
            return
        card = await self._run(action, raw)
        await self._voice.say("bot.done", card=card)

    async def _change(self, pressed: UUID | None) -> None:
        """Another answer than the one that stands on the slip."""
        held, quote_id = await self._in_hand(), self.memory.quote_id
        if held is None or quote_id is None or pressed != quote_id:
            await self._voice.say("bot.quote.expired")
            await self._start(self.memory.reason or "order.status", None, self.memory.thing)
            return
        action, subject, form = held
        if len(form.fields) == 1:
            await self._fill(action, subject, form.again(form.fields[0].name))
        else:
            await self._voice.ask_what_to_change(action.name, form.fields, quote_id)

    async def _find_order(self, typed: str | None) -> UUID | None:
        if typed is None:
            return None
        try:
            return (await shop.access_order(self._tx, self._actor, UUID(typed))).id
        except ValueError:
            found = await shop.order_by_ref(self._tx, self._actor, self._case.customer_id, typed)
            return found.id if found else None
        except Refused:
            return None

    async def _ask_order(self, action: Action, missing: str | None) -> None:
        options = await self._candidates(action)
        if missing and not _is_id(missing):
            await self._voice.say("bot.order_not_found", number=missing)
        if options:
            self._remember(waiting=Waiting.ORDER, offered=tuple(option.id for option in options))
            await self._voice.say("bot.which_order", options=[*options, self._voice.person()])
        else:
            await self._voice.say("bot.no_orders", options=[self._voice.person(), self._voice.other()])

    async def _candidates(self, action: Action) -> list[Option]:
        """The customer's newest orders on which the action can be done; all of them when it can be done on none."""
        orders = await shop.orders_of(self._tx, self._case.customer_id, limit=LOOKED_AT)
        possible = [order for order in orders if await self._can_be(action, order)]
        return [self._voice.order(order) for order in (possible or orders)[:CANDIDATES]]

    async def _can_be(self, action: Action, order: Order) -> bool:
        about = Subject(About.ORDER, order.id)
        return action.offer is None or await action.offer(self._tx, self._actor, about) is None

    async def _show_order(self, card: OrderCard, reason: str) -> None:
        self._note("bot.tried.shown", order=card.ref)
        options = [
            Option(f"reason:{other}:{card.id}", self._voice.label(other)) for other in await self._possible(card.id)
        ]
        options += await self._pages(card.id)
        if reason == "delivery.late" or card.late:
            options.append(self._voice.person())
        options.append(self._voice.other())
        await self._voice.show(card, options)

    async def _possible(self, order_id: UUID) -> list[str]:
        """Reasons of the changes that can be made to the order now."""
        offers = await actions.offers(self._tx, self._wits.catalogue, self._actor, Subject(About.ORDER, order_id))
        open_ones = (self._wits.catalogue.actions[offer.action] for offer in offers if offer.refusal is None)
        return [action.reason for action in open_ones if action.reason]

    async def _pages(self, order_id: UUID) -> list[Option]:
        """What can be done about the parcels of the order now and is no topic of its own: each opens its page."""
        order = await shop.access_order(self._tx, self._actor, order_id)
        parcels = [Subject(About.PARCEL, order_id, parcel.ref) for parcel in order.document.shipments]
        offers = [
            offer
            for parcel in parcels
            for offer in await actions.offers(self._tx, self._wits.catalogue, self._actor, parcel)
            if offer.refusal is None and self._wits.catalogue.actions[offer.action].reason is None
        ]
        return [self._voice.page(offer.action, offer.subject) for offer in offers]

    async def _quote(self, action: Action, raw: Mapping[str, Any], *, changeable: bool) -> None:
        quote = await requests.quote(
            self._tx,
            self._wits.catalogue,
            self._actor,
            action.name,
            raw,
            customer_id=self._case.customer_id,
            case_id=self._case.id,
        )
        self._note("bot.tried.quoted", order=quote.draft.slip.order_ref)
        self._remember(waiting=Waiting.CONFIRMATION, quote_id=quote.id)
        await self._voice.offer(quote, changeable=changeable)

    async def _quote_again(self) -> None:
        """The same, as it is now."""
        if held := await self._in_hand():
            await self._fill(*held)

    async def _confirm(self, pressed: UUID | None) -> None:
        """A confirmation in the customer's own session counts for the one quote that was shown last.

        The button of an older one does nothing but show the present one; pressed twice, it counts once. A yes that was
        said before the quote was shown is none.
        """
        if pressed and await request_of_quote(self._tx, pressed):
            return
        held = await find_quote(self._tx, self._actor, self.memory.quote_id) if self.memory.quote_id else None
        if held is None or (pressed and pressed != held.id):
            await self._voice.say("bot.quote.expired")
            await self._quote_again()
            return
        if held.id != self._shown:
            return
        self._remember(waiting=None, quote_id=None)
        token = requests.confirmation_token(self._wits.signer, self._actor, held, self._tx.now)
        try:
            async with self._tx.savepoint():
                await requests.confirm(self._tx, self._wits.catalogue, self._wits.signer, self._actor, held.id, token)
        except Refused as refused:
            await self._voice.say(refused.key, **refused.parameters)
            if refused.code in {"quote_expired", "order_changed"}:
                await self._quote_again()
            return
        self._note("bot.tried.confirmed", order=held.draft.slip.order_ref)
        await self._voice.say("bot.executing")

    async def _settled(self, entry: Entry) -> None:
        state = (entry.body or {}).get("state")
        self._remember(waiting=Waiting.SOLVED)
        if state == "failed":
            await self._voice.say("bot.failed", options=[self._voice.person(), self._voice.other()])
        else:
            await self._voice.say("bot.solved.ask", options=self._voice.solved())

    async def _go_on(self) -> None:
        """The customer has shown who they are: do what they came for."""
        if self.memory.reason:
            await self._start(self.memory.reason, None)
        else:
            await self._voice.say("bot.offer_topics", options=self._voice.topics())

    async def _refuse(self, refused: Refused, others: Sequence[Option] = ()) -> None:
        """Why not, and what is possible instead; `others` are orders that might have been meant."""
        self._note("bot.tried.refused")
        instead = [reason for reason in refused.parameters.get("alternatives", ()) if reason in REASONS]
        options = [self._voice.topic(reason) for reason in instead if reason != "service.human"]
        if self.memory.order_id and options:
            options += await self._pages(self.memory.order_id)
        await self._voice.say(
            refused.key, options=[*options, self._voice.person(), self._voice.other()], **refused.parameters
        )
        if others:
            self._remember(waiting=Waiting.ORDER, offered=tuple(option.id for option in others), order_id=None)
            await self._voice.say("bot.which_order.else", options=others)

    async def _run(self, action: Action, raw: Mapping[str, Any]) -> Card:
        return await actions.run(self._tx, self._wits.catalogue, self._actor, action.name, raw)

    # --- a person, and the end --------------------------------------------------------------------------------------

    async def _hand_over(self, words: str = "bot.handing_over") -> None:
        self._handed_over = True
        reason = self.memory.reason
        lines = [said("bot.summary.wish", reason=REASONS[reason].label)] if reason else []
        if self.memory.order_id:
            order = await shop.access_order(self._tx, self._actor, self.memory.order_id)
            lines.append(said("bot.summary.order", order=order.store_ref))
        await self._voice.say(words)
        await actions.run(
            self._tx,
            self._wits.catalogue,
            self._actor,
            "service.human",
            {
                "case_id": self._case.id,
                "lines": [msgspec.to_builtins(line) for line in lines],
                "tried": [msgspec.to_builtins(step) for step in self.memory.tried],
            },
        )

    async def _end(self) -> None:
        """The customer says that all is solved: the chat ends here."""
        self._handed_over = True
        case = await access_case(self._tx, self._actor, self._case.id, lock=True)
        await cases.transition(self._tx, case, State.CLOSED, text_key="cases.status.solved")

    def _note(self, key: str, **parameters: Any) -> None:
        self.memory = self.memory.did(said(key, **parameters))

    def _remember(self, **changes: Any) -> None:
        self.memory = msgspec.structs.replace(self.memory, **changes)


_OF_ORDERS = {About.ORDER, About.PARCEL}


def _is_id(text: str) -> bool:
    return len(text) == 36

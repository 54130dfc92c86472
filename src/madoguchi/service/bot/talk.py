"""One turn of the bot in one case: hear, decide, do. Everything within one transaction; nothing goes outside."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.actions.rules import OrderCard
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import OrderState
from madoguchi.service.bot import choosing, filling, finding
from madoguchi.service.bot.confirming import confirm
from madoguchi.service.bot.leaving import end, hand_over
from madoguchi.service.bot.rules import (
    CANDIDATES,
    MISSES,
    Move,
    Next,
    Topic,
    Waiting,
    beside_people,
    chosen,
    may_answer,
    may_name_order,
    meant,
    tells_language,
)
from madoguchi.service.bot.starting import show_more, show_order, take_up
from madoguchi.service.bot.turn import Heard, Turn
from madoguchi.service.bot.understanding import Meaning


class Talk:
    """A conversation in the bot's hands, for the length of a turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._voice = turn.voice

    async def hear(self, entries: Sequence[Entry]) -> None:
        """Answer to what came since the last turn: a first greeting, choices, texts, and what became of a request."""
        turn = self._turn
        if not turn.memory.greeted:
            turn.remember(greeted=True)
            await self._greet(quiet=any(entry.author is Author.CUSTOMER for entry in entries))
        texts: list[str] = []
        shown: list[str] = []
        for entry in entries:
            if turn.over:
                break
            match entry.kind:
                case Kind.MESSAGE if entry.author is Author.CUSTOMER:
                    texts.append(entry.text)
                case Kind.CHOICE if entry.author is Author.CUSTOMER:
                    await self._do(chosen((entry.body or {})["choice"]))
                case Kind.FILE if entry.author is Author.CUSTOMER:
                    shown.append((entry.body or {})["file"]["sha"])
                case Kind.ACTION if "request" in (entry.body or {}):
                    await self._settled(entry)
                case Kind.ACTION:
                    await self._go_on()
        if shown and not turn.over:
            await self._look(shown)
        if texts and not turn.over:
            await self._listen("\n".join(texts))

    async def serve(self, entries: Sequence[Entry]) -> None:
        """People have the case: do what the customer pressed about an order or a slip, and say nothing else."""
        for entry in entries:
            if entry.kind is Kind.CHOICE and beside_people(pressed := chosen((entry.body or {})["choice"])):
                await self._do(pressed)
        self._turn.remember(waiting=None)  # what is typed next is said to a person

    # --- understanding ----------------------------------------------------------------------------------------------

    async def _listen(self, text: str) -> None:
        turn = self._turn
        meaning = turn.wits.understanding.understand(text, turn.case.locale)
        turn.heard = Heard(text, meaning.language)
        if "**** **** ****" in text:
            await self._voice.say("bot.card_masked")
        if meaning.language != turn.case.locale and tells_language(text, meaning):
            await self._voice.speak(meaning.language)
            await self._voice.say("bot.language_switched")
        if meaning.asks_if_human:
            await self._voice.say("bot.are_you_human", options=[self._voice.person(), self._voice.other()])
        elif not (await filling.answered(turn, text, meaning) or await self._named(meaning)):
            await self._do(meant(meaning, turn.memory))

    async def _look(self, shown: Sequence[str]) -> None:
        """Photos answer what takes photos; a person sees the others."""
        if not await filling.showed(self._turn, shown):
            await self._voice.say("bot.photo_seen", options=[self._voice.person()])

    async def _named(self, meaning: Meaning) -> bool:
        """Whether words answered which order, which thing or which way was meant; then it went on."""
        topic = await self._answer(meaning)
        if topic:
            await take_up(self._turn, topic)
        return topic is not None

    async def _answer(self, meaning: Meaning) -> Topic | None:
        turn, memory = self._turn, self._turn.memory
        reason, name = memory.reason or "order.status", memory.action or ""
        match memory.waiting:
            case Waiting.ORDER if may_name_order(meaning, memory) and not meaning.slots.order_numbers:
                if await finding.mentioned(turn, asked=True):
                    return Topic(reason, name)
            case Waiting.THING if action := turn.wits.catalogue.actions.get(name):
                if thing := await finding.thing_named(turn, action):
                    return Topic(reason, name, thing=thing)
            case Waiting.WAY if may_answer(meaning):
                offered = {next_.action: next_ for next_ in map(chosen, memory.offered)}
                known = [turn.wits.catalogue.actions[name] for name in offered]
                if action := choosing.said(reason, known, turn.heard.text, turn.heard.lang):
                    return self._topic(offered[action.name])
        return None

    async def _do(self, now: Next) -> None:
        turn, voice = self._turn, self._voice
        if now.move not in {Move.NOT_UNDERSTOOD, Move.CLARIFY, Move.OUT_OF_SCOPE}:
            turn.remember(misses=0)
        match now.move:
            case Move.PERSON:
                await hand_over(turn)
            case Move.CONFIRM:
                await confirm(turn, now.quote)
            case Move.KEEP:
                turn.remember(waiting=None, quote_id=None)
                await voice.say("bot.quote.kept", options=voice.topics())
            case Move.ORDER | Move.THING | Move.DO | Move.REASON:
                await self._take_up(self._topic(now))
            case Move.ANSWER | Move.ALL_OF_IT | Move.ENOUGH | Move.ASK | Move.PAGE | Move.GO_ON:
                await filling.fill_in(turn, now)
            case Move.CHANGE:
                await self._change(now.quote)
            case Move.MORE:
                await show_more(turn, UUID(now.order))
            case Move.CLARIFY:
                await self._clarify(now.either)
            case Move.GREETING | Move.TOPICS:
                await voice.say("bot.offer_topics", options=voice.topics())
            case Move.THANKS:
                turn.remember(waiting=Waiting.SOLVED)
                await voice.say("bot.thanks.anything_else", options=voice.solved())
            case Move.SOLVED:
                await voice.say("bot.thanks.bye")
                await end(turn)
            case Move.OUT_OF_SCOPE:
                turn.remember(misses=turn.memory.misses + 1)
                await voice.say("bot.out_of_scope", options=voice.topics())
            case Move.NOT_UNDERSTOOD:
                await self._miss()

    def _topic(self, now: Next) -> Topic:
        """What is taken up: of an answer, what was asked about."""
        memory = self._turn.memory
        match now.move:
            case Move.ORDER:
                return Topic(memory.reason or "order.status", memory.action or "", now.order)
            case Move.THING:
                return Topic(memory.reason or "order.status", memory.action or "", thing=now.thing)
            case Move.DO if action := self._turn.wits.catalogue.actions.get(now.action):
                reason = action.reason or next(iter(action.also), "order.status")
                return Topic(reason, now.action, now.order, now.thing)
        return Topic(now.reason or "order.status", order=now.order)

    async def _take_up(self, topic: Topic) -> None:
        await (take_up(self._turn, topic) if topic.reason in REASONS else self._miss())

    async def _change(self, pressed: UUID | None) -> None:
        turn = self._turn
        if not await filling.change(turn, pressed):
            await self._voice.say("bot.quote.expired")
            memory = turn.memory
            await take_up(turn, Topic(memory.reason or "order.status", memory.action or "", thing=memory.thing))

    async def _clarify(self, either: Sequence[str]) -> None:
        turn, voice = self._turn, self._voice
        first, second = (choosing.ending(turn.wits.catalogue, reason) for reason in either)
        if first and first[:1] == second[:1]:  # whichever was meant, it begins with the same
            await take_up(turn, Topic(either[0]))
            return
        turn.remember(misses=turn.memory.misses + 1)
        a, b = (voice.name(reason) for reason in either)
        options = [voice.topic(reason) for reason in either]
        await voice.say("bot.clarify", options=[*options, voice.person()], a=a, b=b)

    async def _miss(self) -> None:
        misses = self._turn.memory.misses + 1
        self._turn.remember(misses=misses)
        voice = self._voice
        if misses >= MISSES:
            await voice.say("bot.not_understood.again", options=[voice.person(), *voice.topics()[:-1]])
        else:
            await voice.say("bot.not_understood", options=voice.topics())

    # --- the first word, and the last -------------------------------------------------------------------------------

    async def _greet(self, *, quiet: bool) -> None:
        """Say what we are; with nothing said yet, also what this customer most likely came for."""
        turn = self._turn
        if turn.customer.name:
            await self._voice.say("bot.greeting.named", name=turn.customer.name)
        else:
            await self._voice.say("bot.greeting")
        if quiet:
            return
        if turn.case.order_id:
            await take_up(turn, Topic("order.status", order=str(turn.case.order_id)))
        elif late := await self._late_order():
            turn.remember(reason="delivery.late", order_id=late.id)
            await show_order(turn, late)
        else:
            await self._voice.say("bot.offer_topics", options=self._voice.topics())

    async def _late_order(self) -> OrderCard | None:
        turn = self._turn
        show = turn.wits.catalogue.actions["order.show"]
        if turn.actor.level < show.need.level:
            return None
        for order in await shop.orders_of(turn.tx, turn.case.customer_id, limit=CANDIDATES):
            if order.document.state in {OrderState.DELIVERED, OrderState.CANCELLED}:
                continue
            card = await turn.run(show, {"order_id": order.id})
            if isinstance(card, OrderCard) and card.late:
                return card
        return None

    async def _settled(self, entry: Entry) -> None:
        self._turn.remember(waiting=Waiting.SOLVED)
        if (entry.body or {}).get("state") == "failed":
            await self._voice.say("bot.failed", options=[self._voice.person(), self._voice.other()])
        else:
            await self._voice.say("bot.solved.ask", options=self._voice.solved())

    async def _go_on(self) -> None:
        """The customer has shown who they are: do what they came for."""
        memory = self._turn.memory
        if memory.reason:
            await take_up(self._turn, Topic(memory.reason, memory.action or ""))
        else:
            await self._voice.say("bot.offer_topics", options=self._voice.topics())

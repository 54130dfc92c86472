"""How the bot speaks: sentences in the customer's language, options, cards and slips, as entries of the case."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote as quoted
from uuid import UUID

import msgspec

from madoguchi.core.actions.fields import Field, FieldKind, Subject, difference, label, opening, words
from madoguchi.core.actions.rules import Card, CardLine, OrderCard, TextCard
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.cases.rules import Author, Kind, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.requests.queries import Quote
from madoguchi.core.shop.port import OrderLine, OrderState
from madoguchi.core.shop.queries import Order
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import LANGUAGES, Reader
from madoguchi.service.bot.asking import Form, Pick, can_end, is_on_page, is_written, picks
from madoguchi.service.bot.rules import beside_people, chosen, doing

TOPICS = ("order.status", "order.cancel", "return.start", "refund.status")


class Option(msgspec.Struct, frozen=True):
    """A button: its id says what pressing it means."""

    id: str
    label: str
    detail: str = ""


class Voice:
    """Speaks in one case, for the length of a turn; while people have it, with no button that would lead elsewhere."""

    def __init__(self, tx: Tx, case: Case, zone: str) -> None:
        self._tx = tx
        self._case = case
        self._zone = zone
        self._reader = Reader(case.locale, zone)

    async def speak(self, lang: str) -> None:
        """Go on in the customer's language."""
        await cases.describe(self._tx, self._case.id, locale=lang)
        self._reader = Reader(lang, self._zone)

    async def say(
        self,
        key: str,
        *,
        options: Sequence[Option] = (),
        card: Card | None = None,
        kind: Kind = Kind.MESSAGE,
        quote: Quote | None = None,
        **parameters: Any,
    ) -> None:
        """A sentence, with buttons and a card below it where there are any."""
        body: dict[str, Any] = {}
        if self._case.state is not State.BOT:
            body |= talking.offered([msgspec.to_builtins(one) for one in options if beside_people(chosen(one.id))])
        elif options:
            body["options"] = [msgspec.to_builtins(option) for option in options]
        if card is not None:
            body["card"] = msgspec.to_builtins(card)
        if quote is not None:
            body["quote"] = str(quote.id)
        text = self._reader.t(key, **parameters)
        await cases.append(self._tx, self._case, kind=kind, author=Author.BOT, text=text, body=body or None)

    async def show(self, card: OrderCard, options: Sequence[Option]) -> None:
        """An order: what is happening and until when, above its card."""
        key, parameters = _words(card, self._reader)
        await self.say(key, options=options, card=card, kind=Kind.CARD, **parameters)

    async def offer(self, quote: Quote, *, changeable: bool) -> None:
        """A quote as a slip to confirm, to change, or to leave."""
        t = self._reader.t
        options = [Option(f"confirm:{quote.id}", t("bot.quote.confirm_button"))]
        if changeable:
            options.append(Option(f"change:{quote.id}", t("bot.quote.change_button")))
        options.append(Option(f"keep:{quote.id}", t("bot.quote.keep_button")))
        await self.say("bot.quote.intro", options=options, card=quote.draft.slip, kind=Kind.SLIP, quote=quote)

    async def ask(self, action: str, subject: Subject, form: Form, field: Field) -> list[Option]:
        """The question for a field, with what can be pressed; gives the options that answer it."""
        value = form.answers.get(field.name)
        if is_on_page(field):
            options = [Option(opening(action, subject), self._reader.t("bot.ask.open"))]
        else:
            options = [self._pick(field, form.line, pick) for pick in picks(field, value, form.line)]
        beside = [] if form.line else self._ends(field, value)
        key, parameters = self._question(action, form, field)
        await self.say(key, options=[*options, *beside, self.person()], **parameters)
        return options

    async def tell_first(self, action: str, card: TextCard, ways: Sequence[Option]) -> None:
        """What is known before an action is done, with what else may help; is that enough?"""
        t = self._reader.t
        go_on = Option("go_on", t("bot.first.go_on", wish=t(f"actions.{action}.name")))
        enough = Option("solved:yes", t("bot.solved.yes"))
        await self.say("bot.first.told", card=card, options=[enough, go_on, *ways, self.person()])

    def way(self, action: str, subject: Subject, detail: str = "") -> Option:
        """A button that does an action."""
        return Option(doing(action, subject), self._reader.t(f"actions.{action}.name"), detail)

    def more(self, order_id: UUID) -> Option:
        """A button that shows what else can be done with an order."""
        return Option(f"more:{order_id}", self._reader.t("bot.option.more"))

    async def ask_what_to_change(self, action: str, fields: Sequence[Field], quote_id: UUID) -> None:
        """Which of the answers is to be another."""
        reader = self._reader
        options = [Option(f"ask:{field.name}", label(action, field, reader)) for field in fields]
        keep = Option(f"keep:{quote_id}", reader.t("bot.quote.keep_button"))
        await self.say("bot.ask.which_to_change", options=[*options, keep])

    def labels(self, field: Field, form: Form) -> dict[str, str]:
        """What can be picked, by its path, as the customer reads it."""
        return {
            pick.path: words(pick.label, self._reader) for pick in picks(field, form.answers.get(field.name), form.line)
        }

    def _question(self, action: str, form: Form, field: Field) -> tuple[str, dict[str, Any]]:
        line = next((option for option in field.options if option.value == form.line), None)
        if line:
            key = "bot.ask.how_many" if field.kind is FieldKind.UNITS else "bot.ask.which_variant"
            return key, {"line": words(line.label, self._reader)}
        if form.answers.get(field.name):
            return "bot.ask.more", {}
        name = label(action, field, self._reader)
        if is_on_page(field):
            return "bot.ask.page", {"field": name}
        if field.kind is FieldKind.PHOTOS:
            return "bot.ask.photos", {"field": name}
        return ("bot.ask.write" if is_written(field) else "bot.ask.choose"), {"field": name}

    def _pick(self, field: Field, line: str | None, pick: Pick) -> Option:
        reader = self._reader
        if line and field.kind is FieldKind.SWAPS:
            worth = difference(pick.amount, reader)
        else:
            worth = reader.money(pick.amount) if pick.amount is not None else ""
        detail = " · ".join(part for part in (worth, words(pick.note, reader)) if part)
        return Option(f"answer:{field.name}:{pick.path}", words(pick.label, reader), detail)

    def _ends(self, field: Field, value: Any) -> list[Option]:
        t = self._reader.t
        if field.kind is FieldKind.UNITS and not value and len(field.options) > 1:
            return [Option(f"all:{field.name}", t("bot.ask.all"))]
        if not can_end(field, value):
            return []
        return [Option(f"enough:{field.name}", t("bot.ask.enough" if value else "bot.ask.skip"))]

    def things(self, of: Mapping[str, str]) -> list[Option]:
        """Buttons that pick a parcel or a subscription."""
        return [Option(f"thing:{quoted(ref, safe='')}", name) for ref, name in of.items()]

    def name(self, reason: str) -> str:
        """A contact reason as customers call it."""
        return REASONS[reason].label[self._reader.lang]

    def label(self, reason: str) -> str:
        """A contact reason on a button."""
        key = f"bot.option.{reason}"
        return self._reader.t(key) if self._reader.has(key) else self.name(reason)

    def topic(self, reason: str) -> Option:
        """A button that takes up a reason."""
        return Option(f"reason:{reason}", self.label(reason))

    def topics(self) -> list[Option]:
        """What most customers want, and a person."""
        return [*(self.topic(reason) for reason in TOPICS), self.person()]

    def order(self, order: Order) -> Option:
        """A button that picks an order."""
        reader, facts = self._reader, order.document
        state = reader.t(f"orders.state.{facts.state}")
        detail = (order.store_ref, reader.date(order.placed_at), reader.money(facts.total), state)
        return Option(f"order:{order.id}", content(facts.lines), " · ".join(detail))

    def solved(self) -> list[Option]:
        """Is all solved?"""
        t = self._reader.t
        return [Option("solved:yes", t("bot.solved.yes")), Option("solved:no", t("bot.solved.no"))]

    def person(self) -> Option:
        """A person, please."""
        return Option("service.human", self._reader.t("bot.option.service.human"))

    def other(self) -> Option:
        """Something else."""
        return Option("topics", self._reader.t("bot.option.other"))


def _words(card: OrderCard, reader: Reader) -> tuple[str, dict[str, Any]]:
    """The sentence above an order's card: what is happening, and until when."""
    on_the_way = next((parcel for parcel in card.parcels if parcel.delivered_at is None), None)
    promised = on_the_way.promised_until if on_the_way else card.promised_until
    if card.state is OrderState.CANCELLED:
        return "bot.cancelled_already", {}
    if card.state is OrderState.PENDING_PAYMENT:
        return "bot.pending_payment", {}
    if card.late:
        if promised and on_the_way and promised != on_the_way.first_promised_until:
            return "bot.late.new_day", {"item": content(card.lines), "day": reader.local_day(promised)}
        return "bot.late.unknown", {"item": content(card.lines)}
    if card.state is OrderState.DELIVERED:
        day = next((parcel.delivered_at for parcel in card.parcels if parcel.delivered_at), None)
        return (
            ("bot.delivered", {"day": reader.local_day(day)}) if day else ("bot.order_card.intro", {"order": card.ref})
        )
    if card.parcels and promised:
        return "bot.on_time", {"day": reader.local_day(promised)}
    if card.state is OrderState.PREPARING:
        return "bot.preparing", {}
    return "bot.order_card.intro", {"order": card.ref}


def wish_of(action: str) -> dict[str, str]:
    """What an action does, for readers of any language."""
    return {lang: Reader(lang).t(f"actions.{action}.name") for lang in LANGUAGES}


def content(lines: Sequence[OrderLine | CardLine]) -> str:
    """The first thing of an order, with a sign that there is more."""
    return lines[0].name if len(lines) == 1 else f"{lines[0].name} +{len(lines) - 1}"

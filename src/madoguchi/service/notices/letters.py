"""The letters, written for their reader: events' facts in, subject and blocks of text out. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.actions.fields import words
from madoguchi.core.actions.rules import (
    Card,
    DocumentCard,
    MoneyBack,
    OrderCard,
    Outcome,
    Settled,
    Slip,
    SlipLine,
    TextCard,
)
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.cases.wording import text_of
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.people.rules import CODE_LIFE
from madoguchi.kit.i18n import Reader, unpack
from madoguchi.kit.mail import Block, Figure, Heading, Link, Paragraph, Rows, Speech, Talk
from madoguchi.kit.money import Money, total
from madoguchi.service.notices.rules import CANCELLED, CHANGE_AGREED, GO_ON, SPEECHES, TRANSCRIPT_LIMIT

_SILENT = frozenset({Kind.NOTE, Kind.SURVEY})
_EXPECTED = "notices.money.expected", "orders.slip.total.expected"
_GIVEN = "notices.money.title", "notices.money.total"


class Links(msgspec.Struct, frozen=True):
    """Addresses of our pages; none of them opens anything without a session."""

    base_url: str

    def answer(self, case_id: UUID | None) -> str:
        """Where a customer answers a letter."""
        return f"{self.base_url}/chat/{case_id}" if case_id else f"{self.base_url}/"

    def rating(self, case_id: UUID) -> str:
        """Where a conversation is rated."""
        return f"{self.base_url}/chat/{case_id}#rating"

    def order(self, order_id: UUID) -> str:
        """An order."""
        return f"{self.base_url}/orders/{order_id}"

    def refund(self, intent_id: UUID) -> str:
        """Money on its way back."""
        return f"{self.base_url}/refunds/{intent_id}"

    @property
    def messages(self) -> str:
        """The message centre."""
        return f"{self.base_url}/messages"


class Letter(msgspec.Struct, frozen=True):
    """What is told. `ways` stand in the mail only, since the message centre has its own links.

    `kept` stands in the message centre in place of blocks that must not stay readable.
    """

    subject: str
    blocks: tuple[Block, ...]
    ways: tuple[Block, ...] = ()
    kept: tuple[Block, ...] | None = None


def code(reader: Reader, digits: str, asked_at: datetime) -> Letter:
    """A one-time code."""
    t = reader.t
    lead, warning = Paragraph(t("notices.code.lead")), Paragraph(t("notices.code.warning"))
    minutes, until = int(CODE_LIFE.total_seconds()) // 60, asked_at + CODE_LIFE
    life = Paragraph(t("notices.code.until", minutes=minutes, time=reader.time(until)))
    return Letter(
        subject=t("notices.code.subject"),
        blocks=(lead, Figure(digits), life, warning),
        kept=(Paragraph(t("notices.code.kept")), warning),
    )


def settled(
    reader: Reader, template: str, action: str, order_ref: str, outcome: Outcome, links: Links, order_id: UUID | None
) -> Letter:
    """How a confirmed change ended, and what goes on; `order_id` where it is one of an order."""
    t = reader.t
    names = {"order": order_ref, "what": t(f"actions.{action}.name")}
    blocks: list[Block] = [Paragraph(t(f"notices.{template}.lead", **names))]
    if outcome.state is Settled.FAILED:
        blocks.append(Paragraph(t(f"errors.{outcome.code or 'store_failed'}")))
    slip = outcome.slip
    if slip:
        blocks += _steps(reader, slip)
        blocks += _slip(reader, slip)
        if template == CANCELLED and not slip.money:
            blocks.append(Paragraph(t("notices.money.none")))
    blocks.append(Paragraph(t(_last_word(template, slip))))
    needed = slip.then.ways if slip and slip.then else ()
    ways = [Link(t(f"notices.link.{name}"), f"{links.base_url}{path}") for name, path in needed]
    if order_id and "order" not in dict(needed):
        ways.append(Link(t("notices.order.link"), links.order(order_id)))
    return Letter(subject=_subject(reader, template, **names), blocks=tuple(blocks), ways=tuple(ways))


def _steps(reader: Reader, slip: Slip) -> list[Block]:
    """What goes on, the first thing that is said."""
    if slip.then is None:
        return []
    return [
        Heading(reader.t("notices.then")),
        Paragraph("\n".join(said.to(reader) for said in slip.then.steps)),
    ]


def _last_word(template: str, slip: Slip | None) -> str:
    """What is always said of such a change, but that an account is needed, or something else goes on."""
    if slip and slip.then:
        agreed = template if template in GO_ON else CHANGE_AGREED
        return f"notices.{agreed}.next"
    if slip and any(part.destination is Destination.BANK and not part.void for part in slip.money):
        return "notices.money.account"
    return f"notices.{template}.next"


def waits(reader: Reader, action: str, slip: Slip, order_link: str | None) -> Letter:
    """A wish that waits for somebody's word: what it is about, none of the money that is not granted yet."""
    t = reader.t
    what = t(f"actions.{action}.name")
    number = slip.order_ref if order_link else ""
    order = [(t("ui.order.number"), number)] if number else []
    about = [*order, *((fact.label.to(reader), words(fact.words, reader)) for fact in slip.facts)]
    return Letter(
        subject=_subject(reader, "request_waits", what=what, order=number),
        blocks=(
            Paragraph(t("notices.request_waits.lead", what=what)),
            *(Paragraph(f"{label}\n{text}") for label, text in about),
            Paragraph(t("notices.request_waits.next")),
        ),
        ways=(Link(t("notices.order.link"), order_link),) if order_link else (),
    )


def _subject(reader: Reader, template: str, *, what: str, order: str) -> str:
    """What a letter about a wish is called, with the number of the order where it is about one."""
    names = {"what": what, "order": order}
    if order and reader.has(numbered := f"notices.{template}.subject.order"):
        return reader.t(numbered, **names)
    return reader.t(f"notices.{template}.subject", **names)


def refund(reader: Reader, template: str, number: str, order_ref: str, amount: Money, link: Link) -> Letter:
    """News of money on its way back, or paid back too early; what there is to do stands behind the link."""
    t = reader.t
    names = {"order": order_ref, "amount": amount, "number": number}
    return Letter(
        subject=t(f"notices.{template}.subject", **names),
        blocks=(Paragraph(t(f"notices.{template}.lead", **names)), Paragraph(t(f"notices.{template}.next"))),
        ways=(link,),
    )


def news(reader: Reader, template: str, parameters: Mapping[str, Any], links: Mapping[str, str]) -> Letter:
    """What a room tells by itself; `links` are addresses by the name of their words."""
    t, facts = reader.t, unpack(parameters)
    return Letter(
        subject=t(f"notices.{template}.subject", **facts),
        blocks=(
            Paragraph(t(f"notices.{template}.lead", **facts)),
            Paragraph(t(f"notices.{template}.next", **facts)),
        ),
        ways=tuple(Link(t(f"notices.link.{name}"), url) for name, url in links.items()),
    )


def transcript(
    reader: Reader, case_number: str, entries: Sequence[Entry], rating_link: str, *, silent: bool = False
) -> Letter:
    """The end of a conversation: what was done, and what was said; of a very long one its end."""
    t = reader.t
    blocks: list[Block] = [Paragraph(t("notices.transcript.lead", case=case_number))]
    if silent:
        blocks.append(Paragraph(t("notices.transcript.silent")))
    if done := [_words(entry, reader) for entry in entries if entry.kind is Kind.ACTION]:
        deeds = [t("notices.transcript.deed", words=words) for words in done]
        blocks += [Heading(t("notices.transcript.done")), Paragraph("\n".join(deeds))]
    blocks.append(Heading(t("notices.transcript.talk")))
    speeches = _speeches(entries, reader)
    last = _last(speeches)
    if len(last) < len(speeches):
        blocks.append(Paragraph(t("notices.transcript.cut", n=len(last))))
    blocks += [Talk(tuple(last)), Paragraph(t("notices.transcript.next"))]
    return Letter(
        subject=t("notices.transcript.subject", case=case_number),
        blocks=tuple(blocks),
        ways=(Paragraph(t("notices.transcript.rate")), Link(t("notices.transcript.rate.link"), rating_link)),
    )


def greeting(reader: Reader, name: str) -> Paragraph:
    """The addressee's name, by which a genuine letter is known."""
    return Paragraph(reader.t("notices.greeting", name=name) if name else reader.t("notices.greeting.nameless"))


def foot(reader: Reader, links: Links, sender: str, check_code: str, case_id: UUID | None) -> tuple[Block, ...]:
    """How to answer, how to know that the mail is genuine, who wrote it."""
    t = reader.t
    return (
        Paragraph(f"{t('notices.answer')}\n{t('notices.no_reply')}"),
        Link(t("notices.answer.link"), links.answer(case_id)),
        Paragraph(f"{t('notices.check', code=check_code)}\n{t('notices.check.how')}"),
        Link(t("notices.check.link"), links.messages),
        Paragraph(sender),
    )


def seller_foot(reader: Reader, sender: str) -> tuple[Block, ...]:
    """That nobody reads answers to this address, and who wrote it."""
    return (Paragraph(reader.t("notices.no_reply")), Paragraph(sender))


# --- money ----------------------------------------------------------------------------------------------------------


def _slip(reader: Reader, slip: Slip) -> list[Block]:
    t = reader.t
    lines = [(_line(line, reader), reader.money(line.amount)) for line in slip.lines]
    if slip.fees:
        lines.append((t("orders.fees"), reader.money(slip.fees)))
    goods: list[Block] = [Rows(t("notices.slip.lines"), tuple(lines))] if lines else []
    return [*goods, *_money(reader, slip), *_afterwards(reader, slip)]


def _line(line: SlipLine, reader: Reader) -> str:
    """Goods with how many they are; a fee or a coupon is not counted."""
    name = words(line.name, reader)
    return reader.t("notices.slip.line", name=name, n=line.quantity) if line.line_ref else name


def _afterwards(reader: Reader, slip: Slip) -> list[Block]:
    """What is taken, and what is so now."""
    rows = [(charge.label, reader.money(charge.amount)) for charge in slip.charges]
    charged: list[Block] = [Rows(reader.t("notices.money.charged"), tuple(rows))] if rows else []
    return charged + [Paragraph(f"{fact.label.to(reader)}\n{words(fact.words, reader)}") for fact in slip.facts]


def _money(reader: Reader, slip: Slip) -> list[Block]:
    t = reader.t
    back = [part for part in slip.money if part.amount and not part.void]
    let_go = [part for part in slip.money if part.amount and part.void]
    blocks: list[Block] = [Paragraph(t("notices.money.void", label=part.label, amount=part.amount)) for part in let_go]
    if back:
        rows = tuple((_tender(reader, slip, part), reader.money(part.amount)) for part in back)
        whole = total([part.amount for part in back], slip.total.currency)
        title, all_of_it = _EXPECTED if slip.expected else _GIVEN
        blocks.append(Rows(t(title), rows, (t(all_of_it), reader.money(whole))))
        if any(part.max_days for part in back) and not slip.expected:
            blocks.append(Paragraph(t("notices.money.late")))
    return blocks


def _tender(reader: Reader, slip: Slip, part: MoneyBack) -> str:
    label = part.whose(reader)
    if slip.expected:
        return label
    if part.max_days == 0:
        return reader.t("notices.money.now", label=label)
    if part.min_days in {0, part.max_days}:
        return reader.t("notices.money.within", label=label, n=part.max_days)
    return reader.t("notices.money.days", label=label, low=part.min_days, high=part.max_days)


# --- a conversation -------------------------------------------------------------------------------------------------


def _speeches(entries: Sequence[Entry], reader: Reader) -> list[Speech]:
    speeches: list[Speech] = []
    day = None
    for entry in entries:
        words = "" if entry.kind in _SILENT else _words(entry, reader)
        if words:
            today = reader.local_day(entry.at)
            when = reader.time(entry.at) if today == day else reader.datetime(entry.at)
            speeches.append(Speech(_speaker(entry, reader), when, words))
            day = today
    return speeches


def _last(speeches: Sequence[Speech]) -> Sequence[Speech]:
    """As many of the last speeches as a mail can hold."""
    size = 0
    for count, speech in enumerate(reversed(speeches)):
        size += len(speech.text)
        if count == SPEECHES or size > TRANSCRIPT_LIMIT:
            return speeches[len(speeches) - count :]
    return speeches


def _speaker(entry: Entry, reader: Reader) -> str:
    if entry.author is Author.CUSTOMER and not entry.name:
        return reader.t("notices.who.guest")
    return reader.t(f"notices.who.{entry.author}", name=entry.name)


def _words(entry: Entry, reader: Reader) -> str:
    body = entry.body or {}
    card: Card | None = msgspec.convert(body["card"], Card) if body.get("card") else None
    words = [text_of(entry, reader), *_card(card, entry, reader)]
    if entry.kind is Kind.FILE:
        words.append(reader.t("notices.transcript.file"))
    return "\n".join(filter(None, words))


def _card(card: Card | None, entry: Entry, reader: Reader) -> list[str]:
    match card:
        case TextCard(lines=lines):
            return [line.to(reader) for line in lines]
        case OrderCard():
            return [reader.t("notices.transcript.order", order=card.ref)]
        case DocumentCard():
            return [f"{card.title.to(reader)} {card.number}"]
        case Slip() if entry.kind is Kind.SLIP:
            return [reader.t("notices.transcript.slip", title=card.title.to(reader), amount=card.total)]
    return []

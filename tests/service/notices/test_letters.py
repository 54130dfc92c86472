"""Each letter in each language, word by word: the files beside this test are meant to be read."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from madoguchi.core.access.rules import Audience
from madoguchi.core.actions.rules import (
    Fact,
    Following,
    MoneyBack,
    Outcome,
    Said,
    Settled,
    Slip,
    SlipLine,
    TextCard,
    said,
)
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.shop.port import TenderKind
from madoguchi.kit.i18n import LANGUAGES, Reader, pack
from madoguchi.kit.mail import Link, Speech, Talk, plain
from madoguchi.kit.money import Money
from madoguchi.service.goodwill.rules import customer_slip
from madoguchi.service.notices import letters, rules
from madoguchi.service.notices.letters import Letter
from tests.service.notices.world import HEAD, ORDER, done_slip, yen

GOLDEN = Path(__file__).parent / "letters"
CASE = UUID(int=0x42)
NAMES = {"ja": "佐藤 美咲", "en": "Emma Brown", "zh": "李 娜", "ko": "김 지우"}
SHOPS = {"ja": "まどぐち商店", "en": "Retail", "zh": "まどぐち商店", "ko": "まどぐち商店"}
SAID = {
    "ja": (
        "やかんがまだ届きません。",
        "ご不便をおかけして申し訳ございません。お調べします。",
        "キャンセルで",
        "キャンセルしました。",
    ),
    "en": ("My kettle hasn't arrived.", "I'm sorry about that. Let me look.", "Cancel it", "Cancelled."),
    "zh": ("水壶还没有到。", "非常抱歉，我来查一下。", "取消", "已取消。"),
    "ko": ("주전자가 아직 안 왔어요.", "불편을 드려 죄송합니다. 확인해 보겠습니다.", "취소할게요", "취소했습니다."),
}


def entry(seq: int, at: datetime, kind: Kind, author: Author, text: str = "", **more: object) -> Entry:
    """A line of a timeline."""
    name = {Author.CUSTOMER: "佐藤 美咲", Author.ASSOCIATE: "鈴木"}.get(author, "")
    return Entry(CASE, seq, kind, author, None, name, Audience.CUSTOMER, text, more or None, None, at)


def conversation(lang: str, at: datetime) -> list[Entry]:
    """A late kettle, cancelled; it went on over night."""
    complaint, answer, wish, deed = SAID[lang]
    later = at + timedelta(hours=20)
    return [
        entry(1, at, Kind.MESSAGE, Author.CUSTOMER, complaint),
        entry(2, at, Kind.MESSAGE, Author.BOT, answer),
        entry(3, at + timedelta(minutes=3), Kind.FILE, Author.CUSTOMER, file={"name": "a.jpg"}),
        entry(4, later, Kind.CHOICE, Author.CUSTOMER, wish, choice="order.cancel"),
        entry(5, later, Kind.MESSAGE, Author.ASSOCIATE, "<b>" + answer),
        entry(6, later, Kind.ACTION, Author.SYSTEM, deed),
        entry(7, later, Kind.SURVEY, Author.BOT, "?"),
        entry(8, later, Kind.NOTE, Author.ASSOCIATE, "急いでいる様子"),
    ]


CANCEL = "order.cancel"
TEMPLATES = (
    rules.CODE,
    rules.TRANSCRIPT,
    rules.WAITS,
    *rules.REFUNDS,
    *rules.NEWS,
    *rules.FOR_SELLERS,
    *rules.SETTLED.values(),
)


def agreed_slip(exchange: bool) -> Slip:
    """What was agreed to, and goes on: something to be paid first, for an exchange; then it is sent."""
    here = f"/returns/{UUID(int=7)}"
    payment = said(
        "orders.then.pay.number",
        amount=yen(600),
        label="コンビニ払い",
        until=datetime(2026, 3, 9, 14, 59, tzinfo=UTC),
        number="123-456",
    )
    sending = said("returns.goes_on.label", until=date(2026, 3, 31), number="R-7QK2M-90XTV")
    then = Following(
        steps=(payment, sending) if exchange else (sending,),
        paths=({"payment": f"/orders/{UUID(int=8)}"} if exchange else {})
        | {"return": here, "return_slip": f"{here}/slip"},
    )
    return msgspec.structs.replace(done_slip(), then=then, expected=True)


def letter_of(template: str, reader: Reader, now: datetime) -> Letter:
    """The letter that the template gives for the small world."""
    links, order = HEAD.links, UUID(int=9)
    link = links.order(order)
    match template:
        case rules.CODE:
            return letters.code(reader, "042917", now)
        case rules.TRANSCRIPT:
            rating = HEAD.links.rating(CASE)
            return letters.transcript(reader, "C-7QK2M-90XTV", conversation(reader.lang, now), rating, silent=True)
        case "order_not_cancelled":
            failed = Outcome(state=Settled.FAILED, code="store_too_late")
            return letters.settled(reader, template, CANCEL, ORDER, failed, links, order)
        case rules.WAITS:
            about = Fact(Said("claims.fact.problem"), Said("claims.problem.not_received"))
            asked = msgspec.structs.replace(done_slip(), order_ref=ORDER, facts=(about,))
            return letters.waits(reader, "parcel.not_received", asked, link)
        case "goodwill_given":
            given = Outcome(state=Settled.DONE, slip=customer_slip(yen(3000), "late", ORDER))
            return letters.settled(reader, template, "goodwill.grant", "", given, links, None)
        case rules.RETURN_AGREED | rules.EXCHANGE_AGREED:
            agreed = Outcome(state=Settled.DONE, slip=agreed_slip(template == rules.EXCHANGE_AGREED))
            return letters.settled(reader, template, "order.return", ORDER, agreed, links, order)
        case rules.ADVANCE_DUE | rules.ADVANCE_CHARGED:
            way = Link(reader.t("notices.order.link"), link)
            return letters.refund(reader, template, "A-7QK2M-90XTV", ORDER, yen(3000), way)
        case _ if template in rules.FOR_SELLERS:
            due = pack({"what": ORDER, "until": now + timedelta(hours=48)})
            return letters.news(reader, template, due, {"answer": f"{HEAD.links.base_url}/seller/threads/{CASE}"})
        case _ if template.startswith("seller_"):
            by = pack({"seller": "山田商店"})
            return letters.news(reader, template, by, {"thread": f"{HEAD.links.base_url}/chat/{CASE}"})
        case _ if template.startswith("parcel_"):
            facts = pack({"order": ORDER, "carrier": "つばさ急便", "number": "400123456785", "until": date(2026, 3, 9)})
            page = f"{HEAD.links.base_url}/orders/{UUID(int=9)}"
            again = {"redeliver": f"{page}/parcels/S1/actions/delivery.redeliver"} if "missed" in template else {}
            return letters.news(reader, template, facts, again | {"order": page})
        case _ if template in rules.NEWS:
            of = said("returns.of.order", number=ORDER) if template.startswith("return_") else ORDER
            facts = pack({"order": of, "number": "R-7QK2M-90XTV", "until": date(2026, 3, 31), "amount": yen(3000)})
            facts |= pack(
                {
                    "goods": "リネンシャツ",
                    "why": Said("returns.why.used"),
                    "answer": said("returns.answered.reduced", percent=70),
                    "words": "箱と説明書がありました。",
                    "carrier": "つばさ急便",
                    "parcel": "400123456785",
                    "day": date(2026, 3, 7),
                    "owed": said("returns.pay_again.money", amount=yen(3000), number="A-7QK2M-90XTV"),
                }
            )
            page = f"{HEAD.links.base_url}/returns/{UUID(int=7)}"
            return letters.news(reader, template, facts, {"return": page, "calendar": f"{page}/calendar"})
        case _ if template in rules.REFUNDS:
            way = Link(reader.t("notices.refund.link"), HEAD.links.refund(UUID(int=5)))
            return letters.refund(reader, template, "F-7QK2M-90XTV", ORDER, yen(3000), way)
        case _:
            done = Outcome(state=Settled.DONE, slip=done_slip())
            return letters.settled(reader, template, CANCEL, ORDER, done, links, order)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "template",
    [
        *(rules.CODE, rules.TRANSCRIPT, *rules.REFUNDS, *rules.NEWS, *rules.FOR_SELLERS),
        *dict.fromkeys(rules.SETTLED.values()),
    ],
)
def test_a_letter_reads_as_it_was_approved(template: str, lang: str, now: datetime) -> None:
    reader = Reader(lang)
    letter = letter_of(template, reader, now)
    sender = reader.t("notices.sender", store=SHOPS[lang])
    case = CASE if template == rules.TRANSCRIPT else None
    body = (letters.greeting(reader, NAMES[lang]), *letter.blocks, *letter.ways)
    for_customers = letters.foot(reader, HEAD.links, sender, "M-7QK2M-90XTV", case)
    foot = letters.seller_foot(reader, sender) if template in rules.FOR_SELLERS else for_customers
    text = f"{letter.subject}\n\n{plain(body, lang)}\n\n---\n{plain(foot, lang)}\n"
    golden = GOLDEN / f"{template}.{lang}.txt"
    assert text == golden.read_text()


def money_back(**changes: object) -> MoneyBack:
    facts = {"tender_ref": "t", "kind": TenderKind.CARD, "label": "Visa", "amount": yen(500)} | changes
    return MoneyBack(**facts)  # type: ignore[arg-type]


def slip(*money: MoneyBack) -> Slip:
    whole = Money(sum(part.amount.amount for part in money), "JPY")
    lines = (SlipLine(name="湯のみ", quantity=1, amount=yen(500)),)
    return Slip(title=Said("x"), order_ref=ORDER, lines=lines, money=money, total=whole)


def told(*money: MoneyBack, lang: str = "ja") -> str:
    reader = Reader(lang)
    outcome = Outcome(state=Settled.DONE, slip=slip(*money))
    return plain(letters.settled(reader, "order_cancelled", CANCEL, ORDER, outcome, HEAD.links, None).blocks, lang)


def test_only_who_cancelled_is_told_that_nothing_is_to_be_paid() -> None:
    nothing = Reader("ja").t("notices.money.none")
    outcome = Outcome(state=Settled.DONE, slip=slip())
    changed = letters.settled(Reader("ja"), "change_done", "order.apply_coupon", ORDER, outcome, HEAD.links, None)
    assert nothing in told()
    assert nothing not in plain(changed.blocks, "ja")


def test_money_that_was_never_taken_is_let_go_and_not_called_a_refund() -> None:
    text = told(money_back(void=True))
    assert "Visaでのお支払い（500円）は取り消しました" in text
    assert "ご返金の合計" not in text


def test_a_total_counts_what_comes_back_only() -> None:
    text = told(money_back(max_days=5), money_back(label="コンビニ払い", amount=yen(700), void=True))
    assert "ご返金の合計：500円" in text
    assert "コンビニ払いでのお支払い（700円）は取り消しました" in text


def test_what_goes_to_an_account_asks_for_it_and_never_says_that_nothing_is_to_be_done() -> None:
    text = told(money_back(destination=Destination.BANK, max_days=5))
    assert "お振込先の口座が必要です" in text
    assert "お手続きはありません" not in text
    assert "Visaの分を銀行口座へ" in text


def test_what_a_recipient_is_to_get_has_a_name_and_is_not_called_credited() -> None:
    part = money_back(kind=TenderKind.GIFT_BALANCE, label="", destination=Destination.RECIPIENT)
    outcome = Outcome(state=Settled.DONE, slip=msgspec.structs.replace(slip(part), expected=True))
    reader = Reader("ja")
    text = plain(letters.settled(reader, "return_agreed", "gift.return", "", outcome, HEAD.links, None).blocks, "ja")
    assert "お客様のギフト残高：500円" in text
    assert "反映済み" not in text


@pytest.mark.parametrize("template", ["order_cancelled", "change_done"])
def test_whatever_goes_on_nobody_is_told_that_nothing_is_to_be_done(template: str) -> None:
    goes_on = Following(steps=(Said("returns.next.own"),), paths={})
    outcome = Outcome(state=Settled.DONE, slip=msgspec.structs.replace(slip(), then=goes_on))
    reader = Reader("ja")
    text = plain(letters.settled(reader, template, CANCEL, ORDER, outcome, HEAD.links, None).blocks, "ja")
    assert reader.t(f"notices.{template}.next") not in text
    assert reader.t("returns.next.own") in text


def test_nothing_paid_is_said_so() -> None:
    assert "ご返金はありません" in told()


@pytest.mark.parametrize(
    ("days", "ja", "en"),
    [
        ((0, 0), "Visa（反映済み）", "Visa (credited now)"),
        ((0, 1), "Visa（1営業日以内に反映）", "Visa (within 1 business day)"),
        ((3, 3), "Visa（3営業日以内に反映）", "Visa (within 3 business days)"),
        ((3, 5), "Visa（3〜5営業日ほどで反映）", "Visa (3–5 business days)"),
    ],
)
def test_when_money_shows(days: tuple[int, int], ja: str, en: str) -> None:
    part = money_back(min_days=days[0], max_days=days[1])
    assert ja in told(part)
    assert en in told(part, lang="en")


def test_the_late_hint_stands_only_where_something_can_be_late() -> None:
    assert "遅れる" not in told(money_back())
    assert "遅れる" in told(money_back(max_days=5))


def talk(letter: Letter) -> tuple[Speech, ...]:
    return next(block.speeches for block in letter.blocks if isinstance(block, Talk))


def test_a_transcript_names_no_note_and_no_survey(now: datetime) -> None:
    texts = [said.text for said in talk(letter_of(rules.TRANSCRIPT, Reader("ja"), now))]
    assert not any("急いでいる" in text or text == "?" for text in texts)


def test_facts_on_cards_are_a_part_of_the_transcript(now: datetime) -> None:
    card = msgspec.to_builtins(TextCard(lines=(Said("notices.code.kept"),)))
    order_slip = msgspec.to_builtins(done_slip())
    entries = [
        entry(1, now, Kind.CARD, Author.BOT, "こちらです", card=card),
        entry(2, now, Kind.SLIP, Author.BOT, card=order_slip),
    ]
    first, second = talk(letters.transcript(Reader("ja"), "C-1", entries, "https://x.example"))
    assert first.text.startswith("こちらです\nご本人様の確認のため")
    assert second.text == "（キャンセル完了のお知らせ 6,580円）"


def test_a_very_long_conversation_is_cut_to_its_end(now: datetime) -> None:
    entries = [entry(n, now, Kind.MESSAGE, Author.CUSTOMER, f"{n}") for n in range(1, rules.SPEECHES + 2)]
    letter = letters.transcript(Reader("en"), "C-1", entries, "https://x.example")
    assert len(talk(letter)) == rules.SPEECHES
    assert talk(letter)[-1].text == str(rules.SPEECHES + 1)
    assert "only the last 300 messages" in plain(letter.blocks, "en")


def test_very_long_messages_are_cut_before_a_mail_grows_too_large(now: datetime) -> None:
    entries = [entry(n, now, Kind.MESSAGE, Author.CUSTOMER, "あ" * 4000) for n in range(1, 101)]
    letter = letters.transcript(Reader("ja"), "C-1", entries, "https://x.example")
    assert len(talk(letter)) == rules.TRANSCRIPT_LIMIT // 4000
    assert "最後の50件" in plain(letter.blocks, "ja")


def test_the_quote_previews_what_the_table_will_send() -> None:
    assert rules.preview("order.cancel") == ("order_cancelled",)
    assert rules.preview("order.change_address") == ("change_done",)

"""The bot asks a seller for a customer: which order, about what, what is known already, what is wanted."""

import re
from datetime import datetime
from uuid import UUID

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.actions.rules import Said
from madoguchi.core.cases import queries
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import State
from madoguchi.kit.i18n import Reader
from madoguchi.service.bot.ngrams import NgramUnderstanding
from madoguchi.service.bot.rules import Memory, Move, Waiting, meant
from tests.service.bot.test_reaching import bot as bot
from tests.service.bot.test_talk import MISAKI, Chat, _chat, _options
from tests.web import app as app
from tests.web import world_template as world_template

QUESTION = "素焼きの部分は食洗機で洗えますか？ 080-1234-5678 へお電話ください。"


async def _asking(app: App) -> Chat:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    orders = _options(await chat.say("出品者に質問したい"))
    assert [option.split(":")[0] for option in orders] == ["order", "service.human"]  # sellers' orders only
    return chat


async def _told(chat: Chat, topic: str, wanted: str) -> Entry:
    """What the bot says once it knows what it is about."""
    await chat.press("order:")
    await chat.press(f"answer:topic:{topic}")
    (told,) = await chat.press(f"answer:wanted:{wanted}")
    return told


def _lines(told: Entry) -> list[str]:
    return [Said(**line).to(Reader("ja")) for line in (told.body or {})["card"]["lines"]]


def _buttons(told: Entry) -> list[str]:
    return [re.split(":(?:order|parcel):", option["id"])[0] for option in (told.body or {})["options"]]


@pytest.mark.parametrize(
    ("topic", "wanted", "fact", "ways"),
    [
        ("delivery", "answer", "2月24日（火）に配達が完了しています。", ["do:parcel.not_received"]),
        ("return", "answer", "3月26日（木）まで、", ["do:order.return", "do:order.exchange"]),
        ("product", "answer", "有田焼 飯碗の種類と在庫：青（", []),
        ("invoice", "answer", "領収書は、", ["do:order.receipt"]),
        (
            "other",
            "refund",
            "3月26日（木）まで、",
            ["do:order.return", "do:order.exchange", "do:item.replace", "do:item.refund"],
        ),
    ],
)
async def test_what_is_known_is_told_first(app: App, topic: str, wanted: str, fact: str, ways: list[str]) -> None:
    told = await _told(await _asking(app), topic, wanted)
    assert told.text.endswith("これで解決しましたか。")
    assert any(line.startswith(fact) for line in _lines(told))
    assert _buttons(told) == ["solved:yes", "go_on", *ways, "service.human"]


@pytest.mark.parametrize("yes", ["はい", "解決しました、ありがとうございます", "solved:yes"])
async def test_who_is_content_troubles_no_seller(app: App, yes: str) -> None:
    chat = await _asking(app)
    before = await _threads(app, chat)
    await _told(chat, "delivery", "answer")
    await (chat.press(yes) if ":" in yes else chat.say(yes))
    assert await _threads(app, chat) == before


@pytest.mark.parametrize("no", ["いいえ", "まだ解決していません", "go_on"])
async def test_a_question_reaches_the_seller_with_what_was_told_before(app: App, now: datetime, no: str) -> None:
    chat = await _asking(app)
    await _told(chat, "product", "answer")
    (asked_for,) = await (chat.press(no) if no == "go_on" else chat.say(no))
    assert "出品者へのメッセージ" in asked_for.text
    (told,) = await chat.say(QUESTION)
    assert told.body
    card = told.body["card"]
    assert [line["key"] for line in card["lines"]] == ["threads.asked", "threads.asked.then"]
    assert card["lines"][0]["parameters"]["seller"] == "山田商店"
    thread_id = UUID(card["case_id"])
    thread = await app.db.run(chat.who, lambda tx: queries.access_case(tx, chat.who, thread_id))
    assert thread.state is State.SELLER
    read = await app.db.run(SYSTEM, lambda tx: queries.entries(tx, thread_id, Audience.SELLER))
    *_, about, known, asked = read
    assert (about.body or {})["key"] == "threads.asks"
    assert "有田焼 飯碗の種類と在庫" in Said(**(known.body or {})).to(Reader("ja"))
    assert "食洗機" in asked.text
    assert "080" not in asked.text


async def test_a_question_after_what_was_told_is_the_question(app: App) -> None:
    chat = await _asking(app)
    before = await _threads(app, chat)
    await _told(chat, "product", "answer")
    (told,) = await chat.say("この器は食洗機で洗えますか")
    assert told.body
    assert told.body["card"]["lines"][0]["key"] == "threads.asked"
    assert await _threads(app, chat) == before + 1


@pytest.mark.parametrize(
    ("text", "lang", "move"),
    [
        ("yes, that's all", "en", Move.THANKS),
        ("not yet", "en", Move.GO_ON),
        ("是的", "zh", Move.SOLVED),
        ("还没解决", "zh", Move.GO_ON),
        ("네", "ko", Move.SOLVED),
        ("아직 해결되지 않았어요", "ko", Move.GO_ON),
        ("판매자에게 물어봐 주세요", "ko", Move.GO_ON),
        ("担当者と話したい", "ja", Move.PERSON),
    ],
)
def test_whether_it_is_enough_is_understood_in_four_languages(
    text: str, lang: str, move: Move, bot: NgramUnderstanding
) -> None:
    memory = Memory(waiting=Waiting.ENOUGH, reason="seller.contact", action="seller.ask")
    assert meant(bot.understand(text, lang), memory).move is move


async def test_where_nothing_is_known_the_question_is_asked_for_at_once(app: App) -> None:
    told = await _told(await _asking(app), "other", "answer")
    assert "出品者へのメッセージ" in told.text


async def test_a_seller_is_not_told_the_number_of_a_parcel(app: App) -> None:
    chat = await _asking(app)
    told = await _told(chat, "delivery", "answer")
    (number,) = re.findall("[0-9]{12}", _lines(told)[1])
    await chat.press("go_on")
    (done,) = await chat.say("置き配の写真はありますか")
    thread_id = UUID((done.body or {})["card"]["case_id"])
    read = await app.db.run(SYSTEM, lambda tx: queries.entries(tx, thread_id, Audience.SELLER))
    assert "に配達が完了しています。" in str([Said(**one.body).to(Reader("ja")) for one in read if one.body])
    assert number not in str(read)


@pytest.mark.parametrize("stop", ["やめます", "service.human"])
async def test_nothing_is_asked_for_a_customer_who_stops(app: App, stop: str) -> None:
    chat = await _asking(app)
    before = await _threads(app, chat)
    await chat.press("order:")
    await (chat.press(stop) if stop == "service.human" else chat.say(stop))
    assert await _threads(app, chat) == before


async def _threads(app: App, chat: Chat) -> int:
    count = "select count(*) from cases where seller_id is not null and customer_id = %s"
    return int(await app.db.run(SYSTEM, lambda tx: tx.value(count, [chat.who.id])))

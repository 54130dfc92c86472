"""The bot asks a seller for a customer: which order, about what, what is known already, what is wanted."""

from datetime import datetime
from uuid import UUID

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.cases import queries
from madoguchi.core.cases.rules import Kind, State
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


async def test_what_is_known_stands_beside_the_topics(app: App) -> None:
    (topics,) = await (await _asking(app)).press("order:")
    assert topics.body
    known = {option["id"].rpartition(":")[2]: option["detail"] for option in topics.body["options"]}
    assert "2月24日（火）" in known["delivery"]
    assert "3月26日（木）" in known["return"]
    assert "青, 赤" in known["product"]
    assert known["other"] == ""


async def test_a_question_reaches_the_seller_and_the_customer_knows_until_when(app: App, now: datetime) -> None:
    chat = await _asking(app)
    await chat.press("order:")
    await chat.press("answer:topic:product")
    await chat.press("answer:wanted:answer")
    (told,) = await chat.say(QUESTION)
    assert told.body
    card = told.body["card"]
    assert [line["key"] for line in card["lines"]] == ["threads.asked", "threads.asked.then"]
    assert card["lines"][0]["parameters"]["seller"] == "山田商店"
    thread_id = UUID(card["case_id"])
    thread = await app.db.run(chat.who, lambda tx: queries.access_case(tx, chat.who, thread_id))
    assert thread.state is State.SELLER
    read = await app.db.run(SYSTEM, lambda tx: queries.entries(tx, thread_id, Audience.SELLER))
    (asked,) = [entry for entry in read if entry.kind is Kind.MESSAGE]
    assert "食洗機" in asked.text
    assert "080" not in asked.text


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

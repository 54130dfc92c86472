"""A part of an order, in words: no more of it is drafted than was said."""

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.requests.queries import find_quote
from madoguchi.core.shop.queries import order_id_of
from madoguchi.service.bot.rules import Waiting
from madoguchi.service.bot.turn import memory_of
from tests.service.bot.test_talk import FANG, Chat, _chat
from tests.web import app as app
from tests.web import world_template as world_template

ORDER = "MD-10234606"  # two sunscreens, two lotions


async def _drafted(chat: Chat) -> dict[str, int]:
    quote_id = memory_of(await chat.case()).quote_id
    assert quote_id, [entry.text for entry in await chat.all()]
    quote = await chat.app.db.run(SYSTEM, lambda tx: find_quote(tx, SYSTEM, quote_id))
    assert quote
    return dict(quote.arguments["lines"] or {})


async def _open(app: App) -> Chat:
    chat = await _chat(app, FANG)
    await chat.begin()
    return chat


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("日焼け止めだけ1個キャンセルしたいです", {"1": 1}),
        ("日焼け止めを２つキャンセルしたいです", {"1": 2}),
        ("日焼け止めだけキャンセルしたいです", {"1": 2}),
        ("Cancel one of the two sunscreens please, keep the rest", {"1": 1}),
        ("Please cancel only 1 sunscreen", {"1": 1}),
        (f"Cancel the sunscreen in my order {ORDER}", {"1": 2}),
        ("只取消1个防晒霜", {"1": 1}),
        ("取消两个防晒霜中的一个", {"1": 1}),
        ("선크림 1개만 취소해 주세요", {"1": 1}),
        ("선크림 한 개만 주문 취소하고 싶어요", {"1": 1}),
    ],
)
async def test_only_what_was_named_is_drafted(app: App, text: str, lines: dict[str, int]) -> None:
    chat = await _open(app)
    await chat.say(text)
    assert await _drafted(chat) == lines


@pytest.mark.parametrize(
    "text",
    [
        f"{ORDER} 1個だけキャンセルしたいです",
        f"{ORDER} 日焼け止めを5個キャンセルしたいです",
        f"Please cancel one of the items in {ORDER}",
        f"{ORDER} 只取消1个",
        f"{ORDER} 1개만 취소해 주세요",
    ],
)
async def test_what_is_not_clear_is_asked(app: App, text: str) -> None:
    chat = await _open(app)
    await chat.say(text)
    memory = memory_of(await chat.case())
    assert (memory.waiting, memory.asking, memory.quote_id) == (Waiting.ANSWER, "lines", None)


async def test_it_is_still_known_when_the_order_had_to_be_asked_for(app: App) -> None:
    chat = await _open(app)
    await chat.say("1個だけキャンセルしたいです")
    order_id = await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", ORDER))
    if memory_of(await chat.case()).waiting is Waiting.ORDER:
        await chat.press(f"order:{order_id}")
    assert memory_of(await chat.case()).asking == "lines"


OF_GOODS = (
    "日焼け止めの注文をキャンセル",
    "cancel my sunscreen order",
    "取消防晒霜那个订单",
    "선크림 주문을 취소해 주세요",
)


@pytest.mark.parametrize(
    "text", [f"{ORDER}をキャンセル", f"cancel {ORDER}", f"取消订单{ORDER}", f"{ORDER} 주문 취소", *OF_GOODS]
)
async def test_the_whole_order_when_nothing_else_is_said(app: App, text: str) -> None:
    chat = await _open(app)
    await chat.say(text)
    assert await _drafted(chat) in ({}, {"1": 2, "2": 2})

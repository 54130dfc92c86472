"""The bot takes up what was wanted: by the words, by the order that is named, by what its state allows."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Kind
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit import clock
from madoguchi.service.bot import choosing
from madoguchi.service.bot.turn import memory_of
from tests.service.bot.test_talk import EMMA, FANG, MINJUN, MISAKI, Chat, _chat, _kinds, _options, _said
from tests.web import app as app
from tests.web import world_template as world_template

WISHES = tomllib.loads(Path(__file__).with_name("wishes.toml").read_text(encoding="utf-8"))
KENTA, ICHIRO = "CU-1002", "CU-1004"
PEOPLE = {"ja": MISAKI, "en": EMMA, "zh": FANG, "ko": MINJUN}


async def _order_of(chat: Chat) -> str:
    order_id = memory_of(await chat.case()).order_id
    assert order_id
    return (await chat.app.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))).store_ref


@pytest.mark.parametrize("lang", PEOPLE)
async def test_every_wish_in_the_chat_too(app: App, lang: str) -> None:
    """Taken up, refused for its own reason, a button away, or answered with what the order's state allows instead."""
    missed = []
    for name in [name for name in WISHES if name != "service.human"]:
        chat = await _chat(app, PEOPLE[lang])
        await chat.begin()
        answer = await chat.say(WISHES[name][lang][0])
        memory = memory_of(await chat.case())
        await app.db.run(chat.who, lambda tx, of=chat: cases.end(tx, of.who, of.case_id))
        reasons = {memory.reason, *(option.removeprefix("reason:") for option in _options(answer))}
        led_to = {memory.action, *(action for reason in reasons for action in _ends(app, reason))}
        if name not in led_to and not _about(answer, name):
            missed.append((name, memory.reason, memory.action, [(e.text, _options([e])) for e in answer]))
    assert missed == []


def _ends(app: App, reason: str | None) -> set[str]:
    return {action.name for action in choosing.ending(app.catalogue, reason or "")}


def _about(answer: list[Entry], name: str) -> bool:
    return any(option.startswith(f"do:{name}:") for option in _options(answer))


async def test_an_order_is_found_by_what_is_in_it(app: App) -> None:
    for ref, text, order in (
        (MISAKI, "タオルの注文をキャンセルして", "MD-10234602"),
        (MISAKI, "ﾀｵﾙ ｷｬﾝｾﾙ", "MD-10234602"),
        (MISAKI, "まくら、やっぱりキャンセルで", "MD-10234602"),
        (EMMA, "cancel the earbuds please", "MD-10234604"),
        (FANG, "取消防晒霜那个订单", "MD-10234606"),
        (MINJUN, "캠핑 의자 주문 취소해 주세요", "MD-10234608"),
    ):
        chat = await _chat(app, ref)
        await chat.begin()  # with the late parcel, which is another order
        assert _kinds(await chat.say(text)) == [Kind.SLIP], text
        assert await _order_of(chat) == order


async def test_the_newest_order(app: App) -> None:
    chat = await _chat(app, EMMA)
    await chat.begin()
    assert _kinds(await chat.say("please cancel my last order")) == [Kind.SLIP]


async def test_asked_which_it_is_named(app: App) -> None:
    chat = await _chat(app, ICHIRO)
    await chat.begin()
    asked = await chat.say("注文をキャンセルしたい")
    assert asked[0].text == _said("ja", "bot.which_order")
    answer = await chat.say("布団のです")
    assert _kinds(answer) == [Kind.SLIP], [(e.text, _options([e])) for e in answer]
    assert await _order_of(chat) == "MD-10234611"


async def test_a_number_still_goes_before_everything(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await chat.say("タオルではなくMD-10234480をキャンセルしてください")
    assert await _order_of(chat) == "MD-10234480"


async def test_what_is_named_and_not_possible_is_told_with_what_is(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    (told, *_) = await chat.say("ケトルの注文をキャンセルして")
    assert told.text == _said("ja", "errors.cancel_shipped")


async def test_two_ways_to_make_it_good_are_asked_about(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    asked = await chat.say("飯碗が割れて届きました")
    assert await _order_of(chat) == "MD-10233871"
    assert asked[0].text == _said("ja", "bot.which_way.sorry")
    assert [option.split(":")[1] for option in _options(asked)[:2]] == ["item.replace", "item.refund"]
    await chat.say("返金がいいです")
    assert memory_of(await chat.case()).action == "item.refund"


async def test_one_way_that_is_named_is_taken(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await chat.say("飯碗が割れていたので代わりの品を送ってください")
    assert memory_of(await chat.case()).action == "item.replace"


async def test_late_shows_where_it_is_before_anything_else(app: App, now: datetime) -> None:
    with clock.frozen(now + timedelta(days=2)):
        chat = await _chat(app, MISAKI)
        await chat.begin(await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", "MD-10234567")))
        shown = await chat.say("まだ届かないんですが")
        assert shown[0].kind is Kind.CARD
        asked = await chat.press("do:parcel.late:")
        assert memory_of(await chat.case()).action == "parcel.late"
        assert asked[0].kind in {Kind.SLIP, Kind.MESSAGE}


async def test_a_subscription_by_what_is_in_it(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    assert _kinds(await chat.say("コーヒーの定期便、次回だけスキップで")) == [Kind.SLIP]


async def test_everything_an_order_allows_is_a_tap_away(app: App) -> None:
    chat = await _chat(app, MISAKI)
    order_id = await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", "MD-10234602"))
    opened = await chat.begin(order_id)
    few = [option for option in _options(opened) if option.startswith("do:")]
    if not any(option.startswith("more:") for option in _options(opened)):
        assert len(few) <= 5
        return
    every = [option for option in _options(await chat.press("more:")) if option.startswith("do:")]
    assert set(few) < set(every)


async def test_which_order_is_asked_among_those_that_it_concerns(app: App) -> None:
    chat = await _chat(app, KENTA)
    await chat.begin()
    asked = await chat.say("再配達をお願いします")
    assert [option.partition(":")[0] for option in _options(asked)] == ["order", "order", "service.human"], "on its way"
    chat = await _chat(app, KENTA)
    await chat.begin()
    (none,) = await chat.say("出品者に質問したい")
    assert none.text == _said("ja", "bot.no_things"), "there are orders, but none of a seller's"


async def test_another_wish_with_a_number_is_no_answer_to_which_order(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await chat.say("出品者に質問したい")
    await chat.say("MD-10234602をキャンセルしてください")
    assert memory_of(await chat.case()).action == "order.cancel"
    assert await _order_of(chat) == "MD-10234602"


async def test_an_order_is_found_by_who_sold_it(app: App) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await chat.say("山田商店に質問したいのですが")
    assert await _order_of(chat) == "MD-10233871"

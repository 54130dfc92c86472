"""A return by talking: what, why, in what state; then the slip, and later where it is and that it is called off."""

import pytest

from bench.presents import wrapped
from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.rules import Kind
from madoguchi.edge.stores.demo.people import BY_REF, ICHIRO, NAOKI, Story
from madoguchi.service.bot.turn import memory_of
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from tests.service.bot.test_photos import send
from tests.service.bot.test_talk import MISAKI, Chat, _chat, _kinds, _options, _said
from tests.web import app as app
from tests.web import world_template as world_template


async def _returns(chat: Chat) -> list[Return]:
    owner = chat.who.id
    assert owner
    return list(await chat.app.db.run(SYSTEM, lambda tx: queries.returns_of(tx, SYSTEM, owner)))


async def _sent_back(app: App) -> Chat:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await chat.say("セーターを返品したいです")
    for choice in ("answer:lines:1", "enough:lines", "answer:reason:size"):
        answer = await chat.press(choice)
    assert "answer:condition:unopened" in _options(answer), _said(answer)
    answer = await chat.press("answer:condition:unopened")
    assert "answer:method:label" in _options(answer), "which way back is asked too"
    answer = await chat.press("answer:method:label")
    assert Kind.SLIP in _kinds(answer)
    await chat.press("confirm:")
    return chat


async def test_from_the_wish_to_the_slip(app: App) -> None:
    chat = await _sent_back(app)
    (of,) = await _returns(chat)
    assert (of.state, of.reason, of.method) == ("approved", "size", "label")


async def test_where_it_is_and_that_it_is_kept_after_all(app: App) -> None:
    chat = await _sent_back(app)
    (of,) = await _returns(chat)
    answer = await chat.say("返品の状況を教えてください")
    assert of.number
    assert any(of.number in str(entry.body) for entry in answer)
    answer = await chat.press("do:return.cancel")
    assert Kind.SLIP in _kinds(answer)
    await chat.press("confirm:")
    (of,) = await _returns(chat)
    assert of.state == "cancelled"


async def _vacuum(app: App) -> Chat:
    """The one thing of an order, up to why it comes back."""
    chat = await _chat(app, ICHIRO.customer.ref)
    await chat.begin()
    answer = await chat.say("MD-10233650の掃除機を返品したいです")
    assert "answer:reason:defective" in _options(answer), "there is nothing to choose from"
    return chat


async def test_of_what_is_broken_and_dear_a_photo_is_asked_for_once(app: App) -> None:
    chat = await _vacuum(app)
    asked = []
    answer = await chat.press("answer:reason:defective")
    while Kind.SLIP not in _kinds(answer):
        assert len(answer) == 1, "a question, and no word about what was not asked for before"
        asked.append(memory_of(await chat.case()).asking)
        assert "enough:photos" not in _options(answer), "it cannot be left out"
        answer = await (send(chat, "broken") if asked[-1] == "photos" else chat.press(f"answer:{asked[-1]}:"))
    assert asked == ["photos", "wish", "method"]


async def test_of_what_is_no_longer_needed_the_way_back_is_asked_with_its_cost(app: App) -> None:
    chat = await _vacuum(app)
    await chat.press("answer:reason:no_longer_needed")
    await chat.press("answer:condition:unopened")
    (asked,) = await chat.press("answer:refund_to:gift_balance")
    told = {one["id"]: one["detail"] for one in (asked.body or {})["options"]}
    assert "880" in told["answer:method:code"]
    assert "880" not in told["answer:method:own"]
    assert Kind.SLIP in _kinds(await chat.press("answer:method:code"))


@pytest.mark.parametrize("text", ["返品の状況を教えてください", "返品を取り消したいです"])
async def test_of_what_was_not_sent_back_there_is_nothing_to_tell(app: App, text: str) -> None:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    assert await chat.say(text)
    assert await _returns(chat) == []


async def test_a_present_goes_back_with_the_code_from_its_slip(app: App) -> None:
    code = await wrapped(app.db, app.store_db, app.stores["demo"], BY_REF[MISAKI].order(Story.DELIVERED))
    chat = await _chat(app, NAOKI.customer.ref)
    await chat.begin()
    await chat.say("ギフトでもらったものを返品したい")
    await chat.say("7QK2-M90X-TV4A")  # nobody knows it; it is asked for once more
    answer = await chat.say(code.lower())
    assert any(option.startswith("do:gift.return:gift:") for option in _options(answer))
    await chat.press("do:gift.return")
    for choice in ("answer:lines:1", "enough:lines", "answer:reason:dislike"):
        answer = await chat.press(choice)
    await chat.press("answer:condition:unopened")
    answer = await chat.press("answer:method:label")
    assert Kind.SLIP in _kinds(answer)
    await chat.press("confirm:")
    (of,) = await _returns(chat)
    assert (of.state, of.gift_number, of.told_order) == ("approved", of.called, None)

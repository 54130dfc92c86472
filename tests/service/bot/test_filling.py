"""The bot asks what an action needs, one thing after the other, and knows nothing of the action itself."""

from typing import Any

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, opened
from madoguchi.core.cases.queries import Entry
from madoguchi.core.requests.queries import find_quote
from madoguchi.core.shop.queries import order_id_of
from madoguchi.service.bot.asking import Form, everything, picks, typed
from madoguchi.service.bot.turn import memory_of
from tests.everything import FIELDS, NAME, REASON, form
from tests.everything import everything as with_everything
from tests.service.bot.test_talk import MISAKI, Chat, _chat, _options
from tests.web import app as app
from tests.web import world_template as world_template

ORDER = "MD-10234602"


async def _begin(app: App, monkeypatch: pytest.MonkeyPatch, *names: str) -> tuple[Chat, list[Entry]]:
    """A chat in which the order is known and the action is taken up."""
    with_everything(monkeypatch, app.catalogue, form=form(*names))
    chat = await _chat(app, MISAKI)
    order_id = await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", ORDER))
    await chat.begin(order_id)
    await chat.say("商品の色を変えたいです")
    if memory_of(await chat.case()).reason != REASON:
        pytest.fail("the wish was not understood")
    return chat, [e for e in await chat.all() if e.text][-1:]


async def _given(chat: Chat) -> dict[str, Any]:
    quote_id = memory_of(await chat.case()).quote_id
    assert quote_id, [e.text for e in await chat.all()]
    quote = await chat.app.db.run(SYSTEM, lambda tx: find_quote(tx, SYSTEM, quote_id))
    assert quote
    return quote.draft.plan


async def test_one_field_after_the_other_then_the_slip(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, asked = await _begin(app, monkeypatch, "size", "lines", "title", "amount")
    assert f"{NAME} field.size" in asked[0].text
    assert _options(asked)[:2] == ["answer:size:small", "answer:size:large"], "what cannot be chosen is no button"
    asked = await chat.press("answer:size:large")
    assert {"answer:lines:1", "answer:lines:2", "all:lines"} <= set(_options(asked))
    asked = await chat.press("answer:lines:1")
    assert "やかん" in asked[0].text, "how many of it"
    asked = await chat.press("answer:lines:1=2")
    assert "answer:lines:1" not in _options(asked)
    assert "answer:lines:2" in _options(asked)
    await chat.press("enough:lines")
    await chat.say("株式会社サトウ")
    slip = await chat.say("１，２００円")
    assert "confirm" in {option.partition(":")[0] for option in _options(slip)}
    given = await _given(chat)
    assert (given["size"], given["lines"], given["title"]) == ("large", {"1": 2}, "株式会社サトウ")
    assert given["amount"] == {"amount": 1200, "currency": "JPY"}
    done = await chat.say("はい")
    assert any(f"{NAME} done" in (e.body or {}).get("key", "") or e.kind == "action" for e in done)


async def test_what_is_typed_is_understood(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size", "lines")
    await chat.say("大きいのでお願いします")
    await chat.say("やかん")
    await chat.say("３")
    await chat.press("enough:lines")
    given = await _given(chat)
    assert (given["size"], given["lines"]) == ("large", {"1": 3})


async def test_all_of_it_by_one_button(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size", "lines")
    await chat.say("1番")
    await chat.press("all:lines")
    given = await _given(chat)
    assert (given["size"], given["lines"]) == ("small", {"1": 3, "2": 1})


async def test_an_answer_can_be_changed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size", "lines")
    await chat.press("answer:size:small")
    await chat.press("all:lines")
    asked = await chat.press("change:")
    assert {"ask:size", "ask:lines"} <= set(_options(asked))
    await chat.press("ask:size")
    await chat.press("answer:size:large")
    given = await _given(chat)
    assert (given["size"], given["lines"]) == ("large", {"1": 3, "2": 1}), "the other answer stands"


async def test_what_is_wrong_is_said_and_asked_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size", "amount")
    await chat.press("answer:size:large")
    said = await chat.say("たくさん")
    assert "金額は数字で" in said[0].text
    assert f"{NAME} field.amount" in said[1].text
    assert memory_of(await chat.case()).quote_id is None
    await chat.say("500")
    assert (await _given(chat))["amount"]["amount"] == 500


async def test_long_things_are_filled_in_on_their_page(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    _, asked = await _begin(app, monkeypatch, "address")
    (button,) = [option for option in _options(asked) if option.startswith("open:")]
    found = opened(button)
    assert found
    assert found[0] == NAME
    assert found[1].about == "order"


async def test_no_leaves_it_and_another_wish_is_taken_up(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size")
    await chat.say("やっぱりいいえ")
    await chat.say("注文をキャンセルしたい")
    assert memory_of(await chat.case()).reason == "order.cancel"
    assert memory_of(await chat.case()).answers == {}


async def test_a_person_at_any_question(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size")
    await chat.say("担当者と話したい")
    assert (await chat.case()).state == "queued"


async def test_it_goes_on_in_another_process(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, _ = await _begin(app, monkeypatch, "size", "lines")
    await chat.press("answer:size:large")
    await chat.press("answer:lines:1")
    memory = memory_of(await chat.case())
    assert (memory.answers, memory.asking, memory.line) == ({"size": "large"}, "lines", "1")


LINES = next(field for field in FIELDS if field.name == "lines")
ITEMS = next(field for field in FIELDS if field.name == "items")


def test_references_of_a_store_cannot_be_taken_for_signs() -> None:
    odd = FieldOption(value="a=b:c", label="Odd", limit=2)
    field = Field(name="lines", kind=FieldKind.UNITS, options=(odd,))
    (pick,) = picks(field, None, None)
    asked = Form((field,), {}).picked("lines", pick.path)
    assert asked.line == "a=b:c"
    two = picks(field, None, asked.line)[1]
    assert asked.picked("lines", two.path).answers == {"lines": {"a=b:c": 2}}


def test_variants_are_picked_line_by_line() -> None:
    first = Form((ITEMS,), {}, "items").picked("items", "1")
    assert [pick.path for pick in picks(ITEMS, None, first.line)] == ["1=KT-RED", "1=KT-BLUE"]
    done = first.picked("items", "1=KT-RED")
    assert (done.answers, done.open) == ({"items": {"1": "KT-RED"}}, None), "no line is left to ask for"


def test_what_is_gone_changes_nothing() -> None:
    before = Form((LINES,), {"lines": {"1": 1}}, "lines")
    for path in ("3", "9", "", "9=1"):
        assert before.picked("lines", path) == before
    assert before.picked("nothing", "1") == before
    assert Form((LINES,), {}, "lines").ended("lines").open is LINES, "nothing is no answer"
    assert everything(LINES) == {"1": 3, "2": 1}


@pytest.mark.parametrize(
    ("text", "place", "path"),
    [
        ("赤", None, "r"),
        ("赤いのにしてください", None, "r"),
        ("２番目", 2, "b"),
        ("最後", -1, "b"),
        ("赤か青か", None, None),
        ("緑", None, None),
        ("緑", 9, None),
    ],
)
def test_typed_words_name_one_of_the_list(text: str, place: int | None, path: str | None) -> None:
    assert typed(text, {"r": "赤", "b": "青"}, place) == path

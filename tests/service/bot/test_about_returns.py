"""What is asked about goods on their way back reaches the return that is meant, and tells of no other.

`pytest tests/service/bot/test_about_returns.py -s -k measured` prints how much of it is understood.
"""

import tomllib
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Entry
from madoguchi.edge.stores.demo.people import DAISUKE, YUKI, Person
from madoguchi.front.demo import under_way
from madoguchi.front.demo.stage import Stage
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.progress import Progress
from madoguchi.service.bot.ngrams import NgramUnderstanding, load_utterances
from madoguchi.service.bot.turn import memory_of
from tests.service.bot.test_reaching import bot as bot
from tests.service.bot.test_reaching import reached
from tests.service.bot.test_talk import Chat, _chat, _options, _said
from tests.web import app as app
from tests.web import world_template as world_template

ASKED: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(
    Path(__file__).with_name("about_returns.toml").read_text(encoding="utf-8")
)
LEADS_TO = {"exchange": "return.status"}
TEAPOT = under_way.TEAPOT


@pytest.fixture
async def begun(app: App) -> App:
    """The shop with returns and an exchange under way, as the demo begins."""
    await app.learn_shops()
    stage = Stage(app.db, app.catalogue, app.signer, app.duties(None))
    await under_way.play(stage, Progress(StringIO()))
    await stage.attend("carriers.follow")
    return app


async def _ask(app: App, person: Person, lang: str, *texts: str) -> tuple[Chat, list[Entry]]:
    """What a customer is told to the last of some sentences, in a conversation of its own."""
    chat = await _chat(app, person.customer.ref)
    chat.who = msgspec.structs.replace(chat.who, locale=lang)
    await chat.begin()
    await app.db.run(SYSTEM, lambda tx: cases.describe(tx, chat.case_id, locale=lang))
    answers = [await chat.say(text) for text in texts]
    await app.db.run(chat.who, lambda tx: cases.end(tx, chat.who, chat.case_id))
    return chat, answers[-1]


def _lines(answer: Sequence[Entry]) -> list[dict[str, Any]]:
    return [line for entry in answer for line in (entry.body or {}).get("card", {}).get("lines", ())]


def _keys(answer: Sequence[Entry]) -> list[str]:
    return [line["key"] for line in _lines(answer)]


def _of(answer: Sequence[Entry]) -> list[str]:
    """The orders of the returns that are told of."""
    return [
        line["parameters"]["order"]["parameters"]["number"]
        for line in _lines(answer)
        if line["key"] == "returns.status.what"
    ]


def test_none_of_it_was_learnt_from() -> None:
    learnt = {text for by_reason in load_utterances().values() for texts in by_reason.values() for text in texts}
    assert not learnt & {text for rows in ASKED.values() for texts in rows.values() for text in texts}
    assert all(len(set(rows[lang])) >= 10 for rows in ASKED.values() for lang in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measured_what_is_asked_is_understood(lang: str, bot: NgramUnderstanding) -> None:
    missed = []
    for name, rows in ASKED.items():
        for text in rows[lang]:
            found, at_once = reached(bot, text, lang)
            if not at_once or LEADS_TO.get(name, name) not in {action.name for action in found}:
                missed.append((name, text))
    count = sum(len(rows[lang]) for rows in ASKED.values())
    print(f"\n{lang}: {count - len(missed)} of {count} at once; missed {missed}", end="")
    assert 1 - len(missed) / count >= 0.9


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_return_under_way_answers(begun: App, lang: str) -> None:
    for text in ASKED["refund.list"][lang][:2]:
        _, answer = await _ask(begun, DAISUKE, lang, text)
        assert "returns.status.refund" in _keys(answer), text
        assert "refunds.none" not in _keys(answer), text
    for text in ASKED["return.label"][lang][:2]:
        _, (answered, *_) = await _ask(begun, DAISUKE, lang, text)
        assert (answered.body or {})["card"]["paper"] == "return_slip", text
    for text in ASKED["return.pickup"][lang][:2]:
        _, (answered, *_) = await _ask(begun, DAISUKE, lang, text)
        assert answered.text == _said(lang, "errors.pickup_on_its_way"), text
    for text in ASKED["exchange"][lang][:1]:
        _, answer = await _ask(begun, YUKI, lang, text)
        assert _of(answer) == [under_way.SWEATER], text
        assert "returns.status.when" in _keys(answer), text


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("返品した椅子の返金はまだですか", under_way.CHAIR),
        ("カーテンの返金はいつ", under_way.CURTAIN),
        (f"{under_way.CURTAIN}の返金はいつですか", under_way.CURTAIN),
        ("椅子の返品はどうなっていますか", under_way.CHAIR),
    ],
)
async def test_of_several_the_one_that_is_named(begun: App, text: str, order: str) -> None:
    _, answer = await _ask(begun, YUKI, "ja", text)
    assert _of(answer) == [order]
    assert not [option for option in _options(answer) if option.startswith("do:item.")], "nothing of another order"
    assert ("refunds.to.original" in _keys(answer)) == (order == under_way.CURTAIN)


async def test_what_is_asked_of_all_tells_what_is_under_way_too(begun: App) -> None:
    _, answer = await _ask(begun, YUKI, "ja", "返金はいつですか")
    assert set(_of(answer)) == {under_way.SWEATER, under_way.CHAIR}
    assert "refunds.to.original" in _keys(answer)
    details = [option["detail"] for option in (answer[-1].body or {})["options"] if option["id"].startswith("do:item.")]
    assert details
    assert all(detail.startswith("MD-") for detail in details), "a button of an order that was not spoken of names it"


async def test_another_one_never_takes_the_place_of_what_was_named(begun: App) -> None:
    chat, answer = await _ask(begun, YUKI, "ja", "急須の返品の状況を教えて")
    assert TEAPOT in answer[0].text
    assert [option.split(":")[0] for option in _options(answer)] == ["thing"] * 3 + ["service.human", "topics"]
    assert memory_of(await chat.case()).thing == ""
    _, answer = await _ask(begun, YUKI, "ja", "急須の返品の状況を教えて", "椅子のほう")
    assert _of(answer) == [under_way.CHAIR]


async def test_of_several_that_nobody_named_it_is_asked_which(begun: App) -> None:
    _, answer = await _ask(begun, YUKI, "ja", "返品の状況を教えて")
    assert answer[0].text == _said("ja", "bot.which_thing")
    assert sum(option.startswith("thing:") for option in _options(answer)) == 2, "what is over is not asked for"


async def test_a_return_is_begun_before_one_is_called_off(begun: App) -> None:
    chat, answer = await _ask(begun, YUKI, "ja", f"{TEAPOT}を返品")
    assert memory_of(await chat.case()).action == "order.return"
    assert any(option.startswith("answer:reason:") for option in _options(answer))

"""Everything that customers may do is reached by what they write, in four languages.

`pytest tests/service/bot/test_reaching.py -s -k measured` prints the figures.
"""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from madoguchi.app import catalogue
from madoguchi.core.actions.catalogue import Action
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.security import Vault
from madoguchi.service.bot import choosing
from madoguchi.service.bot.ngrams import NgramUnderstanding, load_utterances
from madoguchi.service.bot.rules import Memory, Move, meant

CATALOGUE = catalogue(Vault(b"0" * 32))
WISHES = tomllib.loads(Path(__file__).with_name("wishes.toml").read_text(encoding="utf-8"))
OF_THEIR_OWN = {
    "product.ask": "the question of a product's page, before it is bought",
    "product.facts": "told on the same page",
    "seller.facts": "told before a seller is asked",
    "refund.show": "the list of refunds tells the same",
    "service.wait": "the ticket of somebody who waits for a person",
    "service.stay_with_bot": "a button on that ticket",
    "thread.rate": "a link in the conversation with a seller",
    "survey.answer": "the question that follows a conversation",
}


@pytest.fixture(scope="module")
def bot() -> NgramUnderstanding:
    return NgramUnderstanding()


def test_there_are_wishes_for_everything_customers_may_do() -> None:
    may = {action.name for action in CATALOGUE.actions.values() if action.need.customers}
    assert may - set(OF_THEIR_OWN) == set(WISHES)
    assert set(OF_THEIR_OWN) <= may, "an exception that is none any more"
    for action, by_language in WISHES.items():
        assert set(by_language) == set(LANGUAGES), action
        assert all(len(set(texts)) >= 3 for texts in by_language.values()), action


def test_no_wish_was_learnt_from() -> None:
    learnt = {text for by_reason in load_utterances().values() for texts in by_reason.values() for text in texts}
    assert not learnt & {text for rows in WISHES.values() for texts in rows.values() for text in texts}


def reached(bot: NgramUnderstanding, text: str, lang: str) -> tuple[list[Action], bool]:
    """The actions that the bot goes on with, by the state of things or a tap; and whether it took up one topic."""
    meaning = bot.understand(text, lang)
    now = meant(meaning, Memory())
    reasons = {Move.REASON: (now.reason,), Move.CLARIFY: now.either, Move.PERSON: ("service.human",)}.get(now.move, ())
    if now.move is Move.PERSON:
        return [CATALOGUE.actions["service.human"]], True
    found: list[Action] = []
    for reason in reasons:
        every = choosing.ending(CATALOGUE, str(reason))
        named = choosing.said(str(reason), every, text, meaning.language)
        found += [named] if named else every
    return found, now.move is Move.REASON


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measured_wishes_lead_to_what_was_wanted(lang: str, bot: NgramUnderstanding) -> None:
    rows = [(name, text) for name, by_language in WISHES.items() for text in by_language[lang]]
    at_once, missed = 0, []
    for name, text in rows:
        found, one_topic = reached(bot, text, lang)
        if name not in {action.name for action in found}:
            missed.append((name, text, [action.name for action in found]))
        else:
            at_once += one_topic
    print(f"\n{lang}: {len(rows) - len(missed)} of {len(rows)} reached, {at_once} without a question back", end="")
    for miss in missed:
        print("\n  missed", *miss, end="")
    of_action = Counter(name for name, *_ in missed)
    assert not of_action or max(of_action.values()) <= 1, of_action
    assert 1 - len(missed) / len(rows) >= 0.97
    assert at_once / len(rows) >= 0.94

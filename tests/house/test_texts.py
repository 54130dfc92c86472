"""What people read: every text that is asked for exists in four languages, and none that nobody reads."""

import re
from collections.abc import Iterable, Mapping
from string import Formatter

import pytest

from madoguchi.kit.i18n import LANGUAGES, TEXTS, Text, catalogue
from tests.house.families import families, members, optional
from tests.house.keys import Asked, asked, in_python, in_templates, mentioned
from tests.house.sources import PACKAGE, Module, modules, planted, strings

ENGLISH = catalogue("en")

# numbers of days, hours and money in sentences are the rules', which tell them as parameters
NUMBERS = re.compile(
    r"\d+ ?(?:営?業?日|時間|円|天|小时|元|个工作日|영?업?일|시간|원|(?:working |business )?days?\b|hours?\b)|[¥$€] ?\d"
)
NOT_OF_THE_RULES = {
    "errors.too_many_codes": "how often we send codes",
    "policy.said.goodwill.within": "per day, as a measure",
    "policy.said.goodwill.approval": "per day, as a measure",
    "policy.said.goodwill.above_day": "per day, as a measure",
    "policy.field.goodwill.limits.day": "per day, as a measure",
}

# words that are not ours (design of tone: docs/words.md)
UNWELCOME = {
    "ja": ("あなた", "了解しました", "させていただきますよう", "！"),
    "en": ("unfortunately", "Unfortunately", "!"),
    "zh": ("你", "！"),
    "ko": ("당신", "!"),
}

# how somebody is told to press a button, and the name that it is called by
_PRESS = {
    "ja": re.compile("「([^「」{]+)」(?:を押|にし|にする)"),
    "en": re.compile("(?:Choose|Press) “([^“”{]+)”"),
    "zh": re.compile("(?:点击|选择|切换为)“([^“”{]+)”"),
    "ko": re.compile("‘([^‘’{]+)’(?:을|를|으로|로) (?:누르|눌러|바꾸|바꿔)"),
}
_SCRIPTS = re.compile("[぀-ヿ一-鿿가-힣！-～]")
# what speaks a language because it is data: formats, words to be understood, people and goods of the demo's world
SPEAK = (
    "kit.i18n",
    "kit.mail",
    "service.bot",
    "core.threads.masking",
    "core.threads.names",
    "core.threads.romaji",
    "service.receipts.names",
    "service.refunds.accounts",
    "edge.carriers.simulated",
    "edge.stores.demo",
    "front.demo",
    "front.desk.checks",
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_is_complete(lang: str) -> None:
    """Who reads Korean is told everything that who reads Japanese is told. Fuzzy and empty texts do not load at all."""
    assert catalogue(lang).keys() ^ ENGLISH.keys() == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_text_takes_the_same_parameters(lang: str) -> None:
    """A date that only one language names is a date that the others do not tell."""
    texts = catalogue(lang)
    assert [key for key in ENGLISH if parameters(texts[key]) != parameters(ENGLISH[key])] == []


def test_catalogues_keep_nothing_old() -> None:
    """A text commented out is a second truth about what we say."""
    assert [path for path in TEXTS.rglob("*.po") if "\n#~" in path.read_text()] == []


def test_every_text_that_is_asked_for_exists() -> None:
    """A key without a text would be found by a customer."""
    assert missing(asked()) == []


def test_every_text_gets_its_parameters() -> None:
    """So would a text that lacks the number it speaks of."""
    assert unfed(asked()) == []


def test_families_are_the_ones_that_are_asked_for() -> None:
    """Keys put together at run time stand in one table, or nobody could say which texts are needed."""
    patterns = {key for key in mentioned() | {ask.key for ask in asked()} if "{}" in key}
    assert patterns ^ (families().keys() | optional().keys()) == set()


@pytest.mark.parametrize("pattern", families())
def test_a_family_is_complete(pattern: str) -> None:
    """A new state or refusal needs its words in the same change."""
    assert members(pattern, families()[pattern]) - ENGLISH.keys() == set()


def test_no_text_is_unused() -> None:
    """Four translations of what nobody reads cost as much as those of what everybody reads."""
    used = mentioned() | {ask.key for ask in asked()}
    for pattern, values in [*families().items(), *optional().items()]:
        used |= members(pattern, values)
    assert sorted(ENGLISH.keys() - used) == []


def test_words_of_a_language_stand_in_its_catalogue() -> None:
    """A sentence in the code is a sentence that three of four readers cannot read."""
    assert [line for module in modules() if not module.name.startswith(SPEAK) for line in spoken(module)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tone_is_ours(lang: str) -> None:
    """Nobody is addressed too low, and nobody shouts."""
    loud = [
        key
        for key, text in catalogue(lang).items()
        if any(word in form for form in forms(text) for word in UNWELCOME[lang])
    ]
    assert loud == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_button_is_called_by_its_name(lang: str) -> None:
    """Who is told to press something looks for those very words."""
    assert misquoted(lang, catalogue(lang)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_of_the_rules_are_not_typed(lang: str) -> None:
    """A rule that becomes 45 days in the office, and stays 30 in a sentence, is a promise broken by us."""
    texts = {key: text for key, text in catalogue(lang).items() if key not in NOT_OF_THE_RULES}
    assert [key for key, text in texts.items() if not key.startswith("look.") and any(map(numbers, forms(text)))] == []


def test_catches_violations() -> None:
    assert numbers("30日以内に") == ["30日"]
    assert numbers("within 30 days or ¥500") == ["30 days", "¥5"]
    assert numbers("{days}日以内に、10分間") == []
    assert missing(in_python([planted("core.cases.verbs", "reader.t('cases.no.such.text')")]))
    assert missing(in_python([planted("core.cases.verbs", "raise Refused('no_such_code', 409)")]))
    assert missing(in_python([planted("core.cases.verbs", "transition(tx, case, to, text_key='cases.nothing')")]))
    assert unfed([Asked("here", "errors.message_too_long", frozenset())])
    assert unfed(in_python([planted("a", "raise Refused('message_too_long')")]))
    assert unfed(in_python([planted("a", "raise Refused('message_too_long', limit=3)")])) == []
    assert spoken(planted("a", "'''窓口'''\nword = 'お問い合わせ'")) == ["a:2 お問い合わせ"]
    assert list(in_python([planted("a", "t(f'orders.state.{state}')")])) == [
        Asked("a:1", "orders.state.{}", frozenset())
    ]
    assert misquoted("ja", {"a.b": "「送る」を押してください。", "a.c": "送信"}) == ["a.b"]
    assert misquoted("en", {"a.b": "Press “Send”.", "a.c": "Send", "a.d": "It is “{word}”, a “word”."}) == []
    example = PACKAGE / "front" / "ui" / "templates" / "components" / "ratings.html"
    assert "ui.rating.{}" in {ask.key for ask in in_templates([example])}


def numbers(text: str) -> list[str]:
    """Numbers of days, hours or money in a text."""
    return NUMBERS.findall(text)


def missing(of: Iterable[Asked]) -> list[Asked]:
    """Keys without a text. Patterns are looked at as families."""
    return [ask for ask in of if "{}" not in ask.key and ask.key not in ENGLISH]


def unfed(of: Iterable[Asked]) -> list[Asked]:
    """Texts that are asked for without all of their parameters."""
    return [
        ask
        for ask in of
        if ask.parameters is not None and ask.key in ENGLISH and parameters(ENGLISH[ask.key]) - ask.parameters
    ]


def parameters(text: Text) -> frozenset[str]:
    """The names of a text's parameters, of all plural forms together."""
    return frozenset(name for form in forms(text) for _, name, _, _ in Formatter().parse(form) if name is not None)


def forms(text: Text) -> tuple[str, ...]:
    """A text's plural forms, or the one that it has."""
    return text if isinstance(text, tuple) else (text,)


def misquoted(lang: str, texts: Mapping[str, Text]) -> list[str]:
    """Keys that tell to press what is called otherwise in this language."""
    labels = {form for text in texts.values() for form in forms(text)}
    return [
        key
        for key, text in texts.items()
        if any(name not in labels for form in forms(text) for name in _PRESS[lang].findall(form))
    ]


def spoken(module: Module) -> list[str]:
    """Strings in Japanese, Chinese or Korean."""
    return [f"{module.name}:{line} {text}" for line, text in strings(module) if _SCRIPTS.search(text)]

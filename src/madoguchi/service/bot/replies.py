"""What people answer in their own words to a question with options: 「家まで取りに来て」 is the pick-up. Pure."""

import tomllib
from functools import cache
from importlib.resources import files

from madoguchi.core.actions.fields import Field, FieldKind
from madoguchi.service.bot.asking import Form
from madoguchi.service.bot.concepts import Lexicon
from madoguchi.service.bot.normal import normal

_DENIED = {"unopened": {"opened"}, "code": {"label"}}
"""What is said by denying something else: "I have not opened it" tells of opening, too."""


def meant(field: Field, text: str, lang: str) -> str | None:
    """The value of the one option that a text means; None where it means none of them, or several."""
    said = _lexicon(lang).concepts(normal(text))
    said = said.difference(*(_DENIED[value] for value in said & _DENIED.keys()))
    found = [option.value for option in field.options if option.value in said and option.refusal is None]
    return found[0] if len(found) == 1 else None


def with_replies(form: Form, text: str, lang: str) -> Form:
    """The form with what a text tells of the questions that would be asked next."""
    for field in form.fields:
        if field.kind is FieldKind.CHOICE and field.asked and field.name not in {*form.answers, form.asking}:
            value = meant(field, text, lang)
            form = form.knowing(field.name, value) if value else form
    return form


def says_all(text: str, lang: str) -> bool:
    """Whether a text means everything that there is to choose."""
    return "everything" in _lexicon(lang).concepts(normal(text))


def says_enough(text: str, lang: str) -> bool:
    """Whether a text means that nothing is missing."""
    return "enough" in _lexicon(lang).concepts(normal(text))


@cache
def _lexicon(lang: str) -> Lexicon:
    rows = tomllib.loads(files(__package__).joinpath("replies.toml").read_text(encoding="utf-8"))
    return Lexicon(lang, {value: by_language[lang] for value, by_language in rows.items()})

"""Which action ends what a customer came for: by what was said, by what is possible now, else by asking. Pure."""

import tomllib
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.bot.concepts import Lexicon
from madoguchi.service.bot.normal import normal


class Chosen(msgspec.Struct, frozen=True):
    """What to do (`action`), or None: ask, if there is anything `beside`; else those stand as buttons below."""

    action: Action | None
    beside: tuple[Action, ...] = ()


def ending(catalogue: Catalogue, reason: str) -> tuple[Action, ...]:
    """The customer's actions that end a reason: its own before those that end it as well."""
    known = [action for action in catalogue.actions.values() if action.need.customers and action.about]
    own = [action for action in known if action.reason == reason]
    return *own, *(action for action in known if reason in action.also)


def said(reason: str, actions: Sequence[Action], text: str, lang: str) -> Action | None:
    """The one of a reason's actions that a text names; None for none or several.

    Those that are there for this reason first of all go before those that end it as well. A look-up that ends it as
    well is told with the reason's own, whether it is named or not.
    """
    spoken = _lexicon(lang).concepts(normal(text))
    found = [action for action in actions if action.name in spoken and action not in told_as_well(reason, actions)]
    first = [action for action in found if reason in {action.reason, *action.also[:1]}]
    left = first or found
    return left[0] if len(left) == 1 else None


def told_as_well(reason: str, actions: Sequence[Action]) -> tuple[Action, ...]:
    """Look-ups at things under way that belong to what a reason's own look-up tells of all that a customer has."""
    own = any(_looks(action) and action.reason == reason and action.about is About.CUSTOMER for action in actions)
    return tuple(action for action in actions if own and _looks(action) and action.things and action.reason != reason)


def _looks(action: Action) -> bool:
    return action.effect is Effect.READ


def choose(reason: str, actions: Sequence[Action], possible: Collection[str]) -> Chosen:
    """What to do when nothing more was said.

    A look-up comes first where it is what the reason asks for, with what can be done below it. Else the one change
    that is possible is taken up, several are asked about, and where there is none, looking shows why. What the reason
    is there for goes before what ends something of the kind that was begun: a return before calling one off.
    """
    changes = [action for action in actions if not _looks(action)]
    open_ones = tuple(action for action in changes if action.name in possible)
    look = next(filter(_looks, actions), None)
    if look and not any(action.reason == reason for action in changes):
        return Chosen(look, open_ones)
    if len(open_ones) > 1:
        begun = [action for action in open_ones if action.things is None]
        if len(begun) == 1 and begun[0].reason == reason:
            return Chosen(begun[0])
        return Chosen(None, open_ones)
    return Chosen(open_ones[0] if open_ones else look or actions[0])


@cache
def _lexicon(lang: str) -> Lexicon:
    rows = tomllib.loads(files(__package__).joinpath("wishes.toml").read_text(encoding="utf-8"))
    return Lexicon(lang, {action: by_language[lang] for action, by_language in rows.items()})

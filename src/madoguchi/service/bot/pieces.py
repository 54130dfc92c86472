"""Which things of an order were named, and how many: 「日焼け止めだけ1個」. Never more than what was said. Pure."""

import re
from collections.abc import Sequence

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, words
from madoguchi.kit.i18n import Reader
from madoguchi.service.bot.asking import Form
from madoguchi.service.bot.goods import fitting, named
from madoguchi.service.bot.normal import normal
from madoguchi.service.bot.slots import without_slots

_NUMERALS = {
    word: value
    for numerals in (
        "一 二 三 四 五 六 七 八 九 十",
        "ひと ふた みっ よっ いつ",
        "one two three four five six seven eight nine ten",
        "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열",
        "하나 둘 셋 넷",
    )
    for value, word in enumerate(map(normal, numerals.split()), start=1)
} | {"两": 2, "兩": 2}
_N = rf"(?<![0-9第])([1-9][0-9]?|{'|'.join(sorted(_NUMERALS, key=len, reverse=True))})"
_COUNTED = {
    "ja": re.compile(rf"{_N}\s?(?:個|コ|こ|点|つ|本|枚|袋|箱|台|足|着|冊)(?![目め月])"),
    "en": re.compile(
        rf"\b{_N}\s(?:of|pieces?|items?|units?|bottles?|packs?)\b|\b(?:only|just)\s{_N}\b|\b{_N}\s(?=(?P<thing>[a-z-]+))"
    ),
    "zh": re.compile(rf"{_N}\s?(?:个|個|瓶|件|支|盒|条|條|双|雙|本|袋)(?!月|小时|工作|订单|訂單|问题)"),
    "ko": re.compile(normal(rf"{_N}\s?(?:개|병|장|통|권|켤레)(?!월)|(?:{'|'.join(['하나', '둘', '셋', '넷'])})(?=만)")),
}
_ORDER = re.compile(  # "the order of towels" is all of that order
    normal(
        r"の(?:ご)?注文(?!の|から|で)|(?:的|那个|那個|这个|這個|那笔)(?:订单|訂單)(?![里中裡])"
        r"|\sorder\b(?! ?(?:#|md))|\s?주문(?:을|\s?건)"
    )
)
_BEFORE = 16  # characters in which the goods stand before it
_ONLY = re.compile(normal(r"だけ|のみ|\bonly\b|\bjust\b|只|仅|만"))


def with_said(form: Form, text: str, reader: Reader) -> Form:
    """The form with the pieces that a text names; where it is not clear which or how many, they are asked for."""
    for field in form.fields:
        if field.kind is FieldKind.UNITS and field.fallback and field.name not in form.answers:
            chosen = pieces(field, text, reader)
            if chosen is not None:
                form = form.told(field.name, chosen) if chosen else form.again(field.name)
    return form


def pieces(field: Field, text: str, reader: Reader) -> dict[str, int] | None:
    """Units by line; empty when they must be asked for, None when nothing was said of them."""
    plain = normal(text)
    counted = _count(without_slots(plain), reader.lang)
    lines = _lines(field, text, reader)
    if lines is None or (counted and len(lines) != 1 and len(field.options) > 1):
        return {}
    if counted:
        line = (lines or field.options)[0]
        return {line.value: counted} if line.refusal is None and counted <= line.limit else {}
    if not lines or len(lines) == len(field.options):
        return None
    if _names_order(plain, lines, reader) and not _ONLY.search(plain):
        return None
    if any(line.refusal or not line.limit for line in lines):
        return {}
    return {line.value: line.limit for line in lines}


def _names_order(plain: str, lines: Sequence[FieldOption], reader: Reader) -> bool:
    """Whether the goods are named to tell which order was meant."""
    order = _ORDER.search(plain)
    things = [named(words(line.label, reader)) for line in lines]
    return order is not None and bool(fitting(plain[: order.start()][-_BEFORE:], reader.lang, things))


def _lines(field: Field, text: str, reader: Reader) -> list[FieldOption] | None:
    """The lines that are named; None when things of several kinds are."""
    things = [named(words(option.label, reader)) for option in field.options]
    best = fitting(text, reader.lang, things)
    others = [place for place, thing in enumerate(things) if place not in best and fitting(text, reader.lang, [thing])]
    if any(things[place].kinds != things[best[0]].kinds for place in others):
        return None
    return [field.options[place] for place in best]


def _count(plain: str, lang: str) -> int:
    """How many pieces, the smallest number that is said of them; 0 for none."""
    found = [
        next(group for group in (*match.groups(), match[0]) if group in _NUMERALS or (group or "").isdecimal())
        for match in _COUNTED[lang].finditer(plain)
        if "thing" not in match.groupdict() or not match["thing"] or named(plain[match.end() :][:30]).kinds
    ]
    return min((int(word) if word.isdecimal() else _NUMERALS[word] for word in found), default=0)

"""How kana are spelt in Latin letters: one pattern for all ways in use (Hepburn, Kunrei, passports, typing). Pure."""

import re
from itertools import pairwise

_ROWS = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "s": "サシスセソ",
    "t": "タチツテト",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "g": "ガギグゲゴ",
    "z": "ザジズゼゾ",
    "d": "ダヂヅデド",
    "b": "バビブベボ",
    "p": "パピプペポ",
}
_VOWELS = "aiueo"
_SPELT: dict[str, tuple[str, ...]] = {
    kana: (f"{consonant}{vowel}",) for consonant, row in _ROWS.items() for kana, vowel in zip(row, _VOWELS, strict=True)
} | {
    "シ": ("shi", "si"),
    "チ": ("chi", "ti"),
    "ツ": ("tsu", "tu"),
    "フ": ("fu", "hu"),
    "ジ": ("ji", "zi"),
    "ヂ": ("ji", "di", "zi"),
    "ヅ": ("zu", "du"),
    "ヤ": ("ya",),
    "ユ": ("yu",),
    "ヨ": ("yo",),
    "ワ": ("wa",),
    "ヲ": ("o", "wo"),
    "ヴ": ("vu", "bu"),
    "ン": ("nn", "n'", "n", "m"),
}
_GLIDES = {"ャ": "a", "ュ": "u", "ョ": "o", "ェ": "e"}  # small kana that join the one before them
_OPEN = {"ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_HEADS = {"シ": ("sh", "sy"), "チ": ("ch", "ty"), "ジ": ("j", "zy", "jy"), "ヂ": ("j", "zy", "dy")}
_JOINED = {"フ": ("f", "fu"), "ウ": ("w", "u"), "ヴ": ("v", "b"), "テ": ("t", "te"), "デ": ("d", "de")}
_LONG = {"o": "[oōô]", "u": "[uūû]", "a": "[aāâ]", "i": "[iīî]", "e": "[eēê]"}
_DRAWN_OUT = {"ウ": "ou", "オ": "o", "ー": "aiueo"}  # after which vowels it makes them long, and may be left out
_GAP = r"[\s.・-]?"


def spelt(kana: str, *, apart: bool = False) -> str:
    """A pattern of all spellings of kana; `apart`: its letters may have a space between them."""
    gap, pieces = _GAP if apart else "", []
    morae = _morae(kana.translate(_TO_KATAKANA))
    for before, mora in pairwise(["", *morae]):
        ways = _ways(mora)
        each = "|".join(gap.join(_LONG.get(letter, re.escape(letter)) for letter in way) for way in ways if way)
        if _draws_out(before, mora):
            pieces.append(f"(?:{each or '[aiueo]'}|h)?")
        elif mora == "ッ":
            pieces.append("[bcdfghjkmprstz]?")
        else:
            pieces.append(f"(?:{each})")
    return gap.join(pieces)


def _morae(kana: str) -> list[str]:
    """The kana with small ones joined to what they belong to."""
    found: list[str] = []
    for one in kana:
        joins = one in _GLIDES or one in _OPEN
        if joins and found and len(found[-1]) == 1:
            found[-1] += one
        else:
            found.append(one)
    return found


def _ways(mora: str) -> tuple[str, ...]:
    if len(mora) == 1:
        return _SPELT.get(mora, ())
    first, small = mora[0], mora[1]
    if first in _JOINED and small in _OPEN:
        return tuple(head + _OPEN[small] for head in _JOINED[first])
    if first in _HEADS:
        return tuple(head + _GLIDES.get(small, _OPEN.get(small, "")) for head in _HEADS[first])
    return tuple(f"{way[:-1]}y{_GLIDES.get(small, _OPEN.get(small, ''))}" for way in _SPELT.get(first, ()))


def _draws_out(before: str, mora: str) -> bool:
    """Whether it only makes the vowel before it longer, which many do not write."""
    vowels = _DRAWN_OUT.get(mora, "")
    return bool(before) and any(way.endswith(tuple(vowels)) for way in _ways(before) if way) if vowels else False


_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}

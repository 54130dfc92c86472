"""A customer's name in a text: as it is written, as it is read in kana, and as that is spelt in Latin letters. Pure.

A whole name is found in either order and with spaces in it. Half of one is also many another word: it counts where it
is too long for that, where it is written like a name, or where somebody introduces themselves by it or signs with it.
"""

import re
from collections.abc import Iterator

from madoguchi.core.threads.romaji import spelt
from madoguchi.kit.security import narrowed

_FAMILY_AND_GIVEN = 2
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]+")
_LATIN = re.compile(r"[\x00-\x7f]+")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z'-]+")
_BETWEEN = r"[\s\u3000·・,]*"
_TELLING = 3  # kana of half a name; shorter ones stand in too many words

# --- what stands around a name --------------------------------------------------------------------------------------

_SAYS_WHO = r"(?=です|でございます|と申し|といい|と言い|より|さん|様|さま|\s|[、。,!?(]|$)"
_SAYS_SO_SURELY = r"(?=と申し|といいます|と言います|さん|様|さま)"
_EDGES = (  # of what kind of word, and what must stand before and after it
    (_LATIN, (r"(?<![a-z0-9])", r"(?![a-z0-9])")),
    (re.compile(r"[ァ-ヺー]{1,5}"), (r"(?<![ァ-ヺー])", r"(?![ァ-ヺー])")),
    (re.compile(r"[ぁ-ゖー]{1,5}"), (r"(?<![ぁ-ゖー])", _SAYS_WHO)),
)
_LETTERS = (r"(?<![a-z])", r"(?![a-z])")
_INTRODUCED = r"(?:\bi'?m|\bi am|\bname\s?(?:is|:)|\bcall me|\b(?:mr|ms|mrs)\.?|\bdear|\bregards,?|\bsincerely,?)\s+"
_SIGNED = r"(?=[\s-]?(?:san|sama|desu)(?![a-z])|\s?(?:です|でございます|と申し|といい|と言い|より|さん|様|さま))"
_ON_ITS_OWN = (r"^[ \t\u3000\-–—~〜]*", r"[ \t.!]*$")  # all of a line

# --- half a name that means something else --------------------------------------------------------------------------

_GOODS = """akane aoi ayame haru hana hikari hoshi kaede kiku marina midori minami momiji momo natsu ran sakura sora
  tsubaki umi ume yuki"""  # colours, flowers, seasons and the like, after which goods are called
_ENGLISH = "are cane come dame hide home made mane mine more name none note one same some take tame tone"
_CAPITAL = 4  # Latin letters of half a name that counts where it is written with a capital; longer ones always do


def patterns(word: str) -> Iterator[re.Pattern[str]]:
    """What finds a word, or a name of a customer; where it does, the group `it` is what is to be hidden."""
    yield _spaced(word)
    parts = narrowed(word).split()
    if len(parts) != _FAMILY_AND_GIVEN:
        return
    if _KANA.fullmatch("".join(parts)):
        yield _spaced("".join(reversed(parts)))
        yield from map(_half_in_kana, parts)
        yield from _in_latin([spelt(part) for part in parts], [spelt(part, apart=True) for part in parts])
    elif all(map(_LATIN_NAME.fullmatch, parts)):
        yield _spaced(" ".join(reversed(parts)))
        yield from (one for part in parts for one in _introduced(re.escape(part)))


def _spaced(word: str) -> re.Pattern[str]:
    """A word with or without spaces in it; letters of an alphabet, and few kana, only as a whole word."""
    letters = [re.escape(c) for c in narrowed(word) if not c.isspace()]
    return _found(_BETWEEN.join(letters), *_edges(word))


def _edges(word: str) -> tuple[str, str]:
    return next((edges for kind, edges in _EDGES if kind.fullmatch(word)), ("", ""))


def _half_in_kana(part: str) -> re.Pattern[str]:
    """Half a name as it is read; a short one only where it can be nothing else."""
    if len(part) >= _TELLING:
        return _spaced(part)
    return _found(re.escape(part), _edges(part)[0], _SAYS_SO_SURELY)


def _in_latin(parts: list[str], apart: list[str]) -> Iterator[re.Pattern[str]]:
    """Both halves in either order, each letter perhaps by itself; and either half."""
    for first, second in (apart, apart[::-1]):
        yield _found(rf"{first}[\s._,・-]*{second}", *_LETTERS)
    for part in parts:
        yield from _half_in_latin(part)


def _half_in_latin(part: str) -> Iterator[re.Pattern[str]]:
    if _is_one_of(_ENGLISH, part):
        return
    yield from _introduced(part)
    if not _is_one_of(_GOODS, part):
        yield _found(rf"(?=[a-z]{{{_CAPITAL + 1}}}){part}", *_LETTERS)
        yield _found(rf"(?=(?-i:[A-Z])[a-z]{{{_CAPITAL - 1}}}){part}", *_LETTERS)


def _is_one_of(words: str, part: str) -> bool:
    return any(re.fullmatch(part, word) for word in words.split())


def _introduced(part: str) -> Iterator[re.Pattern[str]]:
    """Half a name by which somebody says who they are."""
    before, after = _LETTERS
    yield _found(part, _INTRODUCED, after)
    yield _found(part, before, _SIGNED)
    yield _found(part, *_ON_ITS_OWN)


def _found(it: str, before: str, after: str) -> re.Pattern[str]:
    return re.compile(f"{before}(?P<it>{it}){after}", re.IGNORECASE | re.MULTILINE)

"""The plain form of what somebody typed: one width, one case, one kind of dash, of bounded length."""

import re
import unicodedata

LONGEST = 400
"""Characters that are read: a wish stands at the beginning, and a pasted mail must not get a slower answer."""

_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─", "-"))
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff]")


def normal(text: str) -> str:
    """NFKC, casefolded, without control and bidi characters, white space collapsed to single blanks."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_DASHES)
    return " ".join(_INVISIBLE.sub("", folded).split())


def hiragana(plain: str) -> str:
    """The same text with katakana written as hiragana, as hurried typing mixes the two."""
    return plain.translate(_HIRAGANA)

"""Bank accounts as Japanese banks write them: 口座名義カナ in half-width katakana, numbers in plain digits. Pure."""

import re
import unicodedata

from madoguchi.core.actions.fields import ACCOUNT_KINDS, BankAccount
from madoguchi.kit import ids
from madoguchi.kit.errors import Refused

_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶー", "アイウエオツヤユヨワカケ-")
_HOLDER = re.compile(r"[ 0-9A-Z()\-./｡-ﾟ]{1,40}")
_VOICED, _SEMI = "\u3099", "\u309a"
_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ",
        strict=True,
    )
) | {_VOICED: "ﾞ", _SEMI: "ﾟ", "・": ".", "、": ".", "。": "."}


def normalised(given: BankAccount) -> BankAccount:
    """The account as banks write it; Refused names the first field that is wrong.

    Bank and branch are codes (4 and 3 digits) or names; the number has at most 7 digits and gets leading zeros.
    """
    kind, number = given.kind.strip(), ids.bare(given.number)
    if kind not in ACCOUNT_KINDS:
        raise Refused("bank_kind")
    if not re.fullmatch(r"\d{4,7}", number):
        raise Refused("bank_number")
    bank, branch = _place(given.bank), _place(given.branch)
    if not bank:
        raise Refused("bank_name")
    if not branch:
        raise Refused("bank_branch")
    return BankAccount(bank=bank, branch=branch, kind=kind, number=number.zfill(7), holder=holder_kana(given.holder))


def holder_kana(typed: str) -> str:
    """口座名義カナ as in transfer files: half-width capitals without small letters; Refused where it is no reading."""
    wide = unicodedata.normalize("NFKC", typed).strip().upper()
    wide = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in wide).translate(_SMALL)
    wide = re.sub("[‐-―−ｰ]", "-", wide)
    narrow = "".join(_HALF.get(c, c) for c in unicodedata.normalize("NFD", wide))
    narrow = re.sub(r"\s+", " ", narrow)
    if not _HOLDER.fullmatch(narrow):
        raise Refused("bank_holder")
    return narrow


def masked(account: BankAccount) -> str:
    """The account as people are shown it: bank, branch, and the last digits of the number."""
    return f"{account.bank} {account.branch} ****{account.number[-3:]}"


def _place(typed: str) -> str:
    """A bank's or a branch's name or code; empty where it is none (lists of payouts are opened in spreadsheets)."""
    place = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", typed)).strip()
    return place if re.fullmatch(r"\w[\w .()・ー-]{0,59}", place) else ""

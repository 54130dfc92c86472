"""What a customer and a seller may not tell each other: ways to reach or to find one another. Pure.

Mail addresses, phone numbers, links, accounts elsewhere, card numbers and home addresses are found in any width and
in the usual disguises (spaces, brackets, numerals as words, "at" and "dot"), and what is known of the customer by name.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from madoguchi.core.threads import names
from madoguchi.kit.security import mask_cards, narrowed

MARK = "●●●"


class Detail(StrEnum):
    """What was masked."""

    CARD = "card"
    MAIL = "mail"
    PHONE = "phone"
    LINK = "link"
    ACCOUNT = "account"
    ADDRESS = "address"
    NAME = "name"


class Masked(msgspec.Struct, frozen=True):
    """A text as the other side reads it, and what was left out."""

    text: str
    details: tuple[Detail, ...] = ()


def masked(text: str, known: Collection[str] = ()) -> Masked:
    """The text without contact details; `known` is what else must not be told, such as the customer's names."""
    text, _ = mask_cards(text)
    plain = narrowed(text)
    spans = sorted((start, end, detail) for detail, start, end in _found(plain, known))
    pieces: list[str] = []
    at = 0
    for start, end, _ in spans:
        if end > at:
            if start >= at:
                pieces += [text[at:start], MARK]
            at = end
    return Masked("".join(pieces) + text[at:], tuple(dict.fromkeys(detail for _, _, detail in spans)))


def _found(plain: str, known: Collection[str]) -> Iterator[tuple[Detail, int, int]]:
    for detail, pattern in _PATTERNS:
        for found in pattern.finditer(plain):
            yield detail, *found.span("it" if "it" in pattern.groupindex else 0)
    for start, end in _phones(plain):
        yield Detail.PHONE, start, end
    for pattern in (pattern for word in known for pattern in names.patterns(word)):
        for found in pattern.finditer(plain):
            yield Detail.NAME, *found.span("it")


# --- patterns -------------------------------------------------------------------------------------------------------

_AT = r"\s*(?:@|[(\[{<]\s*(?:at|a)\s*[)\]}>]|\sat\s|[☆★◎]|アットマーク|あっとまーく|アット|あっと|골뱅이|앳|艾特)\s*"
_DOT = r"\s?(?:\.|[(\[{<]\s*dot\s*[)\]}>]|\sdot\s|ドット|どっと|닷|点|點)\s?"
_PROVIDERS = (
    r"(?:gmail|yahoo|ymail|icloud|outlook|hotmail|naver|daum|hanmail|kakao|qq|163|126|foxmail|docomo|ezweb|softbank)"
)
_TLD = (
    r"(?:com|net|org|info|biz|jp|cn|kr|tw|hk|us|uk|eu|de|fr|io|co|me|app|dev|shop|store|site|online|xyz|top|club|link"
    r"|page|ly|gl|gg|tv|cc|email)"
)
_NET = (
    r"(?:line|ライン|らいん|라인|we\s?chat|微信|薇信|威信|vx|kakao(?:\s?talk)?|カカオ(?:トーク)?|카카오톡|카톡"
    r"|telegram|テレグラム|텔레그램|whats\s?app|ワッツアップ|왓츠앱|insta(?:gram)?|インスタ(?:グラム)?|인스타(?:그램)?"
    r"|twitter|ツイッター|facebook|フェイスブック|discord|ディスコード|skype|スカイプ|qq)"
)
_ID_WORD = r"(?:の|的|\s)*(?:id|アイディー?|アカウント|account|user\s?name|号|账号|帐号|帳號|아이디|계정)"
_IS = r"\s*(?:は|が|:|=|→|>|是|는|은|가|「|『|\"|'|\(|[-–—])*\s*"
_ACCOUNT = r"(?P<it>@?[a-z0-9][a-z0-9._-]{2,})"
_NUMBERED = r"(?P<it>@?(?=[a-z._-]*[0-9_])[a-z0-9][a-z0-9._-]{2,})"
_NUMERAL = r"[0-9〇零一二三四五六七八九十]+"
_DASHED = rf"{_NUMERAL}(?:\s?[-‐-―−ーのノ]\s?{_NUMERAL}){{1,3}}"
_HOUSE = rf"(?:{_NUMERAL}\s?(?:丁目|番地?|号|条)[^\s、。,]*|{_DASHED})"
_REST = r"(?:\s?(?:[^\s、。,]{1,20}(?:号室|号|階|F|ビル|マンション|ハイツ|荘|コーポ|アパート)[^\s、。,]{0,10}))?"

_PATTERNS: Sequence[tuple[Detail, re.Pattern[str]]] = tuple(
    (detail, re.compile(pattern, re.IGNORECASE))
    for detail, pattern in (
        (Detail.CARD, r"(?:\*{4} ){3}[0-9]{4}"),
        (
            Detail.MAIL,
            rf"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]*{_AT}(?:[a-z0-9-]+(?:(?:{_DOT}|[,。、])[a-z0-9-]+)+|{_PROVIDERS}(?![a-z]))",
        ),
        (Detail.LINK, r"h(?:tt|xx|\*\*)ps?\s*:\s*/\s*/\s*[\x21-\x7e]+"),
        (Detail.LINK, r"(?<![a-z0-9])www\s?\.\s?[\x21-\x7e]+"),
        (Detail.LINK, rf"(?<![a-z0-9.@-])(?:(?=[0-9-]*[a-z])[a-z0-9-]+{_DOT})+{_TLD}(?![a-z0-9])(?:/[\x21-\x7e]*)?"),
        (Detail.ACCOUNT, rf"(?<![a-z]){_NET}{_ID_WORD}{_IS}{_ACCOUNT}"),
        (Detail.ACCOUNT, rf"(?<![a-z]){_NET}\s*(?:は|が|:|=|→|是|는|은)\s*{_ACCOUNT}"),
        (Detail.ACCOUNT, rf"(?<![a-z]){_NET}\s*(?:\s|で|から|に)(?:is)?\s*{_NUMBERED}"),
        (Detail.ACCOUNT, r"(?<![a-z0-9._%+-])@\s?[a-z0-9][a-z0-9._]{2,}"),
        (Detail.ADDRESS, r"〒\s?[0-9]{3}\s?[-‐-―−ー]?\s?[0-9]{4}"),
        (Detail.ADDRESS, r"(?:郵便番号|우편번호|邮编|zip(?: ?code)?)\s*(?:は|:|是|는)?\s*(?P<it>[0-9][0-9-]{3,8})"),
        (
            Detail.ADDRESS,
            rf"(?:東京都|北海道|京都府|大阪府|[一-龠]{{2,3}}県)[^\s、。,]{{1,30}}?(?:\s[^\s、。,]{{1,20}}?)?{_HOUSE}{_REST}",
        ),
        (Detail.ADDRESS, rf"[一-龠ぁ-んァ-ヶ]{{1,6}}[市区町村郡][^\s、。,]{{1,20}}?{_HOUSE}{_REST}"),
        (
            Detail.ADDRESS,
            r"(?<![0-9])[0-9]{1,6}[a-z]? (?:[a-z'.]+ ){1,4}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln"
            r"|drive|dr|court|ct|way|place|pl|terrace)\b\.?(?:,? (?:apt|apartment|unit|suite|#)\.? ?[0-9a-z-]+)?"
            r"(?:, ?[a-z .]+){0,2}(?: [0-9]{5}(?:-[0-9]{4})?)?",
        ),
        (Detail.ADDRESS, r"[가-힣]{1,8}(?:시|도|구|군)\s?[가-힣0-9\s]{1,20}(?:로|길|동|읍|면|리)\s?[0-9]+[^\s,.]*"),
        (
            Detail.ADDRESS,
            r"[一-龠]{1,8}(?:省|市|区|县|镇)[^\s，。,]{1,30}?[0-9]+\s?(?:号|弄|栋|幢|单元|室|楼)[^\s，。,]*",
        ),
    )
)

# --- phone numbers --------------------------------------------------------------------------------------------------

_WORDS: dict[str, str] = {
    word: str(digit)
    for words in (
        "zero one two three four five six seven eight nine",
        "〇 一 二 三 四 五 六 七 八 九",
        "ゼロ いち に さん よん ご ろく なな はち きゅう",
        "ぜろ イチ ニ サン ヨン ゴ ロク ナナ ハチ キュウ",
        "れい ワン ツー スリー フォー ファイブ シックス セブン エイト ナイン",
        "공 일 이 삼 사 오 육 칠 팔 구",
    )
    for digit, word in enumerate(words.split())
} | {"零": "0", "まる": "0", "マル": "0", "영": "0", "륙": "6", "幺": "1", "oh": "0", "きゅー": "9", "キュー": "9"}
_WORD = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_DIGIT = rf"(?:[0-9]|(?<![a-z])o(?=[\W_]?[0-9])|(?<=[0-9])o(?=[\W_]?[0-9])|{_WORD})"
_BETWEEN = r"[\s.,、。|:;=+#\-‐-―−ー~〜・·/()_*\u200b-\u200d\u2060の]{0,3}"
_AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_RUN = re.compile(rf"\+?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{7,}}", re.IGNORECASE)
_ONE = re.compile(_DIGIT, re.IGNORECASE)
_LONGEST = 40  # digits of a run that are looked at


class _Digit(msgspec.Struct, frozen=True):
    value: str
    start: int
    end: int


def _phones(plain: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(plain):
        digits = [
            _Digit(_WORDS.get(one[0].lower(), "0" if one[0] in "oO" else one[0]), *one.span())
            for one in _ONE.finditer(plain, run.start(), run.end())
        ][:_LONGEST]
        yield from _phones_in(plain, digits)


def _phones_in(plain: str, digits: Sequence[_Digit]) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand in a run: whole groups of digits, from left to right, the longest first."""
    starts = [i for i, one in enumerate(digits) if i == 0 or digits[i - 1].end < one.start]
    ends = [*(start for start in starts[1:]), len(digits)]
    at = 0
    for start in starts:
        for end in sorted((end for end in ends if end > max(start, at)), reverse=True) if start >= at else ():
            first = digits[start].start
            abroad = plain[max(0, first - 1) : first] == "+" or plain[first] == "+"
            sizes = _sizes(start, end, starts)
            number = "".join(one.value for one in digits[start:end])
            amount = _AMOUNT.fullmatch(plain, first, digits[end - 1].end)
            if not amount and _is_phone(number, sizes, abroad=abroad):
                yield first, digits[end - 1].end
                at = end
                break


def _sizes(start: int, end: int, starts: Sequence[int]) -> list[int]:
    """How many digits each group has."""
    edges = [one for one in starts if start <= one < end] + [end]
    return [after - before for before, after in pairwise(edges)]


def _is_phone(digits: str, groups: Sequence[int], *, abroad: bool) -> bool:
    """Numbers that begin like one: order and tracking numbers, codes of goods and amounts do not."""
    if abroad:
        return 8 <= len(digits) <= 15
    if digits[0] == "0" and digits[1:2] != "0":
        return 9 <= len(digits) <= 11 or (digits.startswith("010") and 13 <= len(digits) <= 15)
    mobile_in_china = len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789"
    american = list(groups) == [3, 3, 4] and digits[0] in "23456789"
    return mobile_in_china or american

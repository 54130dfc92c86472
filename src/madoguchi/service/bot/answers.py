"""Short answers to a question of the bot: yes or no, and which of a list. Pure; texts come normalised.

A typed yes may confirm a quote, so only an utterance that says nothing but yes counts as one: "はい、でも…" does not.
Words people use for either answer ("大丈夫です", "いいです", "괜찮아요", "fine") decide nothing; the bot asks again.
"""

import re
from collections.abc import Sequence

from madoguchi.service.bot.normal import hiragana, normal

LAST = -1
"""The choice "the last one"."""

_YES = """
はい|はーい|ええ|うん|そう|そうです|その通り|その通りです|合ってます|合っています|あってます|お願いします|お願い
おねがいします|おねがい
お願いいたします|お願い致します|頼みます|それでお願いします|これでお願いします|オッケー|オーケー|おk|いいですよ
いいよ|進めてください|進めて
実行してください|実行して|実行します|確定|確定する|確定します|はいどうぞ|問題ありません|問題ないです|もちろん
もちろんです|ぜひ
yes|yeah|yea|yep|yup|yess|ya|y|sure|ok|okay|okey|k|kk|correct|right|that's right|thats right|exactly
confirm|confirmed|i confirm|go ahead|do it|please do|sounds good|of course|absolutely|definitely|proceed|go for it
agreed|i agree
是|是的|是滴|对|对的|對|對的|好|好的|好啊|好呀|好吧|好滴|可以|可以的|行|行的|嗯|没错|沒錯|没问题|沒問題|确认|確認
确定|確定
同意|当然|需要|要|要的|麻烦了|麻烦你了|麻烦您了|就这样|就这个
네|넵|넹|예|옙|응|웅|어|ㅇㅇ|ㅇㅋ|오케이|그래|그래요|그럼요|맞아|맞아요|맞습니다|좋아|좋아요|좋습니다
해주세요|해 주세요|진행해주세요|진행해 주세요|진행할게요|부탁드려요|부탁드립니다|부탁해요|확인|동의합니다|동의해요
물론이죠|물론이에요
👍|👌|🙆|⭕|○|◯
"""
_NO = """
いいえ|いえ|いや|いやです|ううん|ちがう|違う|違います|ちがいます|だめ|だめです|やめます|やめる|やめて|やめてください
やめておきます|やめとく
やめときます|やっぱりやめます|やっぱりやめる|やっぱやめる|結構です|けっこうです|不要|不要です|いらない|いりません
要りません|しない|しません
そうじゃない|そうではありません|それじゃない|間違いです|中止|中止します
まだです|解決していません|解決していない|解決してません|まだ解決していません|まだ解決していない|まだ解決してません
not yet|not solved|it's not solved|that's not solved|it isn't solved
no|nope|nah|noo|nooo|n|not now|never mind|nevermind|don't|dont|do not|don't do it|stop|not really|wrong|that's wrong
that's not right|not that one|not correct|i changed my mind|changed my mind|no way|keep it|keep the order
不|不是|不是的|不对|不對|不好|不要|不要了|不用|不用了|不需要|不需要了|不行|不可以|别|别了|算了|没有|沒有|不了|不想了
停|先不要|先不用|错了|还没|还没解决|还没有解决|没解决|没有解决
아니|아니요|아니오|아뇨|아닙니다|아니에요|ㄴㄴ|노|안 해요|안해요|안 할래요|안할래요|안 할게요|안할게요|하지 마세요
하지마세요
아직이요|아직이에요|해결되지 않았어요|해결되지 않았습니다|해결 안 됐어요|아직 해결되지 않았어요|아직 해결되지 않았습니다
아직 해결 안 됐어요|됐어요|됐습니다|필요 없어요|필요없어요|필요 없습니다|그만|그만둘게요|틀려요|틀렸어요|싫어요
👎|🙅|❌|×
"""
_NEITHER = """
それでは|では|じゃあ|じゃ|あ|えっと|えーと|すみません|ありがとう|ありがとうございます|です|ね|よ|それで|これで
大丈夫|大丈夫です|いいです
わかりました|分かりました|了解|了解です|了解しました|承知しました|笑|w|ww
please|pls|plz|thanks|thank you|thx|well|oh|um|uh|then|sorry|it|that|fine|that's fine|thats fine|i'm good|im good
请|請|謝謝|谢谢|吧|啊|呀|哦|噢|呢|了|那|那就|您好|没事
그럼|감사합니다|고마워요|죄송해요|음|아|요|괜찮아요|괜찮습니다|알겠습니다|알겠어요
♀|♂
"""
_LONGEST_ANSWER = 40


def _words(text: str) -> list[str]:
    return [hiragana(normal(word)) for word in re.split(r"[|\n]", text) if word]


_MEANING: dict[str, bool | None] = {
    **dict.fromkeys(_words(_NEITHER), None),
    **dict.fromkeys(_words(_YES), True),
    **dict.fromkeys(_words(_NO), False),
}
# The longest word wins, and a Latin word ends where it ends: "no" does not begin "not sure".
_WORD = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(_MEANING, key=len, reverse=True)))})(?![a-z'])")
# Laughing and crying Korean letters (ㅋㅎㅠㅜ) are pauses; a question mark is none: "はい？" asks back.
_PAUSE = re.compile("[\\s、。,.!~〜ー…・^\u110f\u1112\u1172\u116e🙏😊\U0001f3fb-\U0001f3ff]*")


def yes_or_no(plain: str) -> bool | None:
    """True or False when the whole utterance says only yes or only no, else None."""
    if len(plain) > _LONGEST_ANSWER:
        return None
    plain = hiragana(plain)
    said = set()
    at = _after_pause(plain, 0)
    while at < len(plain):
        word = _WORD.match(plain, at)
        if word is None:
            return None
        said.add(_MEANING[word[0]])
        at = _after_pause(plain, word.end())
    said.discard(None)
    return said.pop() if len(said) == 1 else None


def _after_pause(plain: str, at: int) -> int:
    pause = _PAUSE.match(plain, at)
    return pause.end() if pause else at


_NUMERALS = {
    word: value
    for words in (
        "一|二|三|四|五|六|七|八|九|十",
        "ひと|ふた|みっ|よっ|いつ",
        "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth",
        "one|two|three|four|five|six|seven|eight|nine|ten",
        "첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열",
    )
    for value, word in enumerate(words.split("|"), start=1)
} | {"两": 2, "兩": 2}
_N = "([1-9][0-9]?|[一二三四五六七八九十两兩])"
_COUNTED = [
    re.compile(pattern)
    for pattern in (
        rf"{_N}\s?(?:番目|番め|つ目|つめ|個目|件目)",
        "(ひと|ふた|みっ|よっ|いつ)つ[目め]",
        rf"第\s?{_N}\s?[个個件笔单單张張]",
        "([1-9][0-9]?|첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\\s?번\\s?째",
        r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|[1-9][0-9]?(?=st|nd|rd|th))(?:st|nd|rd|th)?"
        r"(?:$|\s(?:one|order|item|option|parcel)\b)",
        r"(?:\b(?:option|number|choice|no\.?)|#)\s?([1-9][0-9]?|one|two|three|four|five|six|seven|eight|nine|ten)\b(?![-.,]?[0-9])",
        rf"^{_N}(?:番|番で|で|のやつ|号|號|번|번이요|번요)?(?:お願いします)?[。.!、,]?$",
    )
]
_ENDS = {
    **dict.fromkeys(["最初の", "一番上", "いちばん上", "上のやつ", "最上面", "top one"], 1),
    **dict.fromkeys(["맨 위", "첫째", "처음 거", "처음 것"], 1),
    **dict.fromkeys(["最後の", "一番下", "いちばん下", "下のやつ", "最下面", "最后一", "最後一", "last one"], LAST),
    **dict.fromkeys(["맨 아래", "마지막 거", "마지막 것", "마지막 주문", "마지막이요", "bottom one"], LAST),
    "둘째": 2,
    "셋째": 3,
}


def choice(plain: str) -> int | None:
    """Which of a list is meant, counted from 1; LAST for the last; None when the text names none."""
    for pattern in _COUNTED:
        found = pattern.search(plain)
        if found:
            return _number(found[1])
    return next((place for words, place in _ENDS.items() if words in plain), None)


def nth(of: Sequence[str], place: int | None) -> str | None:
    """The one at a place as `choice` tells it, if there is one."""
    if place is None or not of:
        return None
    if place == LAST:
        return of[-1]
    return of[place - 1] if 1 <= place <= len(of) else None


def _number(numeral: str) -> int:
    return int(numeral) if numeral.isdecimal() else _NUMERALS[numeral]

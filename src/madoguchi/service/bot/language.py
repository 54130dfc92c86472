"""In which language an utterance is written: by script, and by what only one language writes where a script is shared.

Kanji alone are the hard case: 返品 and 領収書 are Japanese, 退货 and 发票 are Chinese, 取消 is both. Pure.
"""

import re

_HANGUL = re.compile("[가-힣ᄀ-ᇿ]")
_HIRAGANA = re.compile("[ぁ-ゖ]")
_KATAKANA = re.compile("[ァ-ヺ]")
_HAN = re.compile("[一-鿿]")
_LATIN = re.compile("[a-z]")
_NO_WORD = re.compile(r"\S*@\S+|https?://\S+|\bmd-?\d[\d-]*|#?w\d{7}")

# Words of characters that both languages have, where one of them uses them so.
_JAPANESE_WORD = re.compile(
    "返品|返金|返送|返却|領収|注文|解約|退会|再配達|配達|宅配|荷物|伝票|集荷|不在|送料|不良品|破損|未着|誤配|紛失|交換|在庫|入荷|請求|見積"
    "|担当|責任者|人間|有人|会員|定期(?!购|配送)|暗証|電話番号|住所|郵便|名義|金額|無料|特典|苦情|最悪|至急|大丈夫|日本語|英語|韓国語|中国語"
    "|追跡|状況|確認|依頼|手続|登録|再設定|再発行|宛名|受取|指定日|日時|変更|時間帯|不審|本物|詐欺|採用|求人|営業時間|今何時|配送先|届先"
)
_CHINESE_WORD = re.compile(
    "(?<![完終])了(?!解)|(?<![目標])的(?!中|確)|我|是(?!非|正)|没(?!収)|不(?:能|了|到|上|想|好|会|对|行|在|符|全|加|工|成|满|用|是|要(?!$))"
    "|怎|什|几|太[小大慢差重]|真人|人工|客服|机器人|退[货貨款掉回还换]|取件|快[递遞]|包裹|地址|付款|支付|投[诉訴]|信用卡|刷卡|套餐|打折|下[单單]"
    "|改[成到一地]|想退|在[吗嗎不]|找|您|拜拜|招聘|主管|[早晚下]上?午?好|帳號|一[下直个個]|多少|重新|收[到据貨货]|修改|更改|送[达到]|[现現]在"
)
_ENGLISH_WORD = re.compile(
    r"\b(?:"
    "i'm|i'd|i've|im|my|you|your|the|is|was|were|does|did|don't|didn't|can|can't|could|would|want|need|have|has"
    "|haven't|hasn't|where|when|what|who|why|how|not|and|but|for|from|with|this|that|please|pls|it|it's|hello|hi"
    "|hey|thanks|thank|bye|yes|good|morning|help|english|order|orders|cancel|return|refund|exchange|delivery"
    "|deliver|delivered|late|package|parcel|shipping|tracking|track|status|receipt|invoice|payment|pay|card"
    "|charge|charged|address|change|account|password|login|sign|talk|speak|human|person|agent|representative"
    "|someone|broken|damaged|wrong|missing|item|points|gift|subscription"
    r")\b"
)


def detect(plain: str, page: str) -> str:
    """Language (ja, en, zh, ko) of a normalised text typed on a page in language `page`.

    What says nothing about its language, a number, "OK", a word two of them share, is in the page's.
    """
    text = _NO_WORD.sub(" ", plain)
    if _HANGUL.search(text):
        return "ko"
    if _HIRAGANA.search(text):
        return "ja"
    if _HAN.search(text):
        return _by_han(text, page)
    if _KATAKANA.search(text):
        return "ja"
    return _by_latin(text, page)


def _by_han(text: str, page: str) -> str:
    japanese = len(_JAPANESE_WORD.findall(text)) + len(_KATAKANA.findall(text)) // 2
    chinese = len(_CHINESE_WORD.findall(text))
    for character in _HAN.findall(text):
        japanese += not _writes("gb2312", character) and not _writes("big5", character)
        chinese += not _writes("shift_jis", character)
    if japanese == chinese:
        return page if page in ("ja", "zh") else "ja"
    return "ja" if japanese > chinese else "zh"


def _writes(charset: str, character: str) -> bool:
    """Whether a country's character set has the character: 払 is in no Chinese one, 吗 is not in the Japanese."""
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _by_latin(text: str, page: str) -> str:
    return "en" if _LATIN.search(text) and (page == "en" or _ENGLISH_WORD.search(text)) else page

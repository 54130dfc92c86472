"""The plain form of what somebody typed: one width, one case, one kind of dash, of bounded length."""

import re
import unicodedata

LONGEST = 2000
"""Characters of a text that are read at all."""

_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─", "-"))
_SIMPLIFIED = str.maketrans(
    "訂單貨請問為麼沒還轉發帳賬號碼錢換說話電郵態詢貴買賣時間幾樣裡嗎這個們來過遲誤錯壞損爛遺丟實際價優減額餘積點務"
    "員會費續約變檢詐騙釣魚網連結擊確認證驗簡訊視聽讀語國稅關運輸遞達簽門櫃隱資數據刪註銷戶鎖凍綁機響應舊顏紅藍綠黃"
    "寬長體質標籤條紙裝飾禮賀節雜難謝對讓從將誰兩萬歲歡樂業專線進給幫報導處負責種類總統區縣鄉鎮樓層寫聯絡繫紹購車儲"
    "匯銀貸債賠償護庫補訴評論級嚴見覺",
    "订单货请问为么没还转发账账号码钱换说话电邮态询贵买卖时间几样里吗这个们来过迟误错坏损烂遗丢实际价优减额余积点务"
    "员会费续约变检诈骗钓鱼网连结击确认证验简讯视听读语国税关运输递达签门柜隐资数据删注销户锁冻绑机响应旧颜红蓝绿黄"
    "宽长体质标签条纸装饰礼贺节杂难谢对让从将谁两万岁欢乐业专线进给帮报导处负责种类总统区县乡镇楼层写联络系绍购车储"
    "汇银贷债赔偿护库补诉评论级严见觉",
)
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff]")
_WORD = re.compile(r"\w+")


def normal(text: str) -> str:
    """NFKC, casefolded, without control and bidi characters, white space collapsed to single blanks."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_DASHES)
    return " ".join(_INVISIBLE.sub("", folded).split())[:LONGEST]


def words(plain: str, lang: str) -> list[str]:
    """The words of a normalised text without punctuation, in the one spelling in which the bot compares them."""
    if lang == "ja":
        plain = hiragana(plain)
    elif lang == "zh":
        plain = simplified(plain)
    return _WORD.findall(plain.replace("'", "").replace("’", ""))


def hiragana(plain: str) -> str:
    """The same text with katakana written as hiragana, as hurried typing mixes the two."""
    return plain.translate(_HIRAGANA)


def simplified(plain: str) -> str:
    """Chinese text with the traditional characters that are common in a shop written in simplified ones."""
    return plain.translate(_SIMPLIFIED)

import pytest

from madoguchi.service.bot.answers import yes_or_no
from madoguchi.service.bot.normal import normal

YES = """
はい|はい、お願いします|ハイ|ﾊｲ|はーい|はい。|はい！|ええ|うん|お願いします|それでお願いします|そうです|その通りです
OKです|オッケー|じゃあお願いします|進めてください|確定します|ぜひお願いします|はいはい|👍|👍🏻|🙆‍♀️|yes|Yes please
YES!!|yep|yeah sure|ok|OK thanks|ｏｋ|okay, go ahead|sure|please do|y|confirm|that's right|correct|是|是的|好的
好的，谢谢|可以|对|没问题|确认|嗯嗯|那好吧|好啊|네|네네|넵|네, 부탁드려요|예|응|ㅇㅇ|네ㅋㅋ|맞아요|해 주세요|좋아요
네 알겠습니다|진행해 주세요
"""
NO = """
いいえ|いいえ、結構です|いえ、大丈夫です|やめます|やっぱりやめます|やめておきます|違います|ちがう|いりません|だめ
結構です|🙅|no|No, thanks|nope|nah|no thank you|never mind|not now|don't|no, keep it|I changed my mind|wrong|不要|不
不是|不用了|不用了，谢谢|算了|不对|不好|别|没有|아니요|아뇨|아니요 괜찮아요|ㄴㄴ|안 할래요|됐어요|싫어요|필요 없어요
まだ解決していません
not yet
还没解决
아직 해결되지 않았어요
"""
NEITHER = """
はい？|はい、でも住所を変えたい|はい、いいえ|大丈夫です|いいです|了解しました|わかりました|たぶん|なし|いつですか
まだ届かない|はい、キャンセルしてください|お願いがあります|ok?|yes or no|yes but not today|maybe|not sure|fine|cancel
nobody came|no idea where it is|none of them|yesterday|okra|可以吗|要不要|是不是|不知道|取消|好像没到|没收到
对了我想问|네?|괜찮아요|알겠습니다|글쎄요|취소해 주세요|네 근데 주소 바꿀게요|아니 왜 안 와요|ありがとうございます
thanks|谢谢|감사합니다
"""


def _rows(table: str) -> list[str]:
    return [text for line in table.split("\n") for text in line.split("|") if text]


@pytest.mark.parametrize("text", _rows(YES))
def test_yes(text: str) -> None:
    assert yes_or_no(normal(text)) is True


@pytest.mark.parametrize("text", _rows(NO))
def test_no(text: str) -> None:
    assert yes_or_no(normal(text)) is False


@pytest.mark.parametrize("text", ["", "！？", *_rows(NEITHER), "はい" * 100, "ok" * 5000])
def test_neither(text: str) -> None:
    assert yes_or_no(normal(text)) is None

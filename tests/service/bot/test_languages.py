import pytest

from madoguchi.service.bot.language import detect
from madoguchi.service.bot.ngrams import load_utterances
from madoguchi.service.bot.normal import normal


@pytest.mark.parametrize("page", ["ja", "en", "zh", "ko"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("まだ届かない", "ja"),
        ("キャンセル", "ja"),
        ("ｷｬﾝｾﾙ", "ja"),
        ("返品", "ja"),
        ("領収書", "ja"),
        ("配送状況確認", "ja"),
        ("再配達依頼", "ja"),
        ("返品希望", "ja"),
        ("注文取消", "ja"),
        ("iPhoneの注文", "ja"),
        ("where is my order", "en"),
        ("Hello!", "en"),
        ("talk to a human", "en"),
        ("退货", "zh"),
        ("人工客服", "zh"),
        ("我的订单到哪了", "zh"),
        ("我買的東西還沒到", "zh"),
        ("我买的ケトル还没到", "zh"),
        ("转人工", "zh"),
        ("주문 취소", "ko"),
        ("ㅇㅇ", "ko"),
        ("MD-12345678 환불", "ko"),
        ("상담원 please", "ko"),
    ],
)
def test_what_says_its_language(text: str, page: str, language: str) -> None:
    assert detect(normal(text), page) == language


@pytest.mark.parametrize("page", ["ja", "en", "zh", "ko"])
@pytest.mark.parametrize("text", ["", "12345678", "MD-12345678", "#W1234567", "👍", "...", "sato@example.com"])
def test_what_says_nothing_is_in_the_language_of_the_page(text: str, page: str) -> None:
    assert detect(normal(text), page) == page


@pytest.mark.parametrize(
    ("text", "page", "language"),
    [
        ("取消", "ja", "ja"),
        ("取消", "zh", "zh"),
        ("OK", "ja", "ja"),
        ("OK", "ko", "ko"),
        ("henpin shitai", "ja", "ja"),
        ("henpin shitai", "en", "en"),
        ("iPhone 15", "ja", "ja"),
        ("agent pls", "ja", "en"),
    ],
)
def test_what_two_languages_share(text: str, page: str, language: str) -> None:
    assert detect(normal(text), page) == language


@pytest.mark.parametrize("lang", ["ja", "en", "zh", "ko"])
def test_customers_on_a_page_of_their_language(lang: str) -> None:
    texts = [text for texts in load_utterances()[lang].values() for text in texts]
    wrong = [text for text in texts if detect(normal(text), lang) != lang]
    assert len(wrong) <= len(texts) / 100, wrong

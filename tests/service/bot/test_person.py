"""Asking for a person: tables written apart from what the bot learns from."""

import pytest

from madoguchi.service.bot.ngrams import NgramUnderstanding, load_utterances
from madoguchi.service.bot.normal import normal
from madoguchi.service.bot.person import asks_for_person, asks_if_human

ASKING = {
    "ja": """
人と話したいです|人と話せますか？|ひとと話したい|人間と話させて|人間を出してください|人間お願い|人に代わって
人に繋いで|生身の人と話がしたい|オペレーター|オペレーターお願いします|ｵﾍﾟﾚｰﾀｰ|オペレータに繋いでほしい
おぺれーたーにつないで|担当者|担当者お願いします|担当者と話したいのですが|担当者につないでいただけますか
担当の方とお話しできますか|担当の方に代わってください|係の方をお願いできますか|スタッフの方とチャットしたい
スタッフにつなげて|有人対応|有人チャットをお願いします|有人に切り替えて|責任者を呼んで|責任者と話したい|上司を出して
店長お願いします|ロボットじゃ話にならない|AIじゃなくて人間がいい|自動応答じゃなくて人|機械はもういいから人を出して
直接話したい|直接相談したい|チャットで担当の人に相談したい|窓口の人と話をさせてください|カスタマーサポートにつないで
サポートの人と話せませんか|誰か人はいませんか|返品の件でオペレーターと話したい
MD-12345678の件で担当者と直接お話ししたいです|まだ届かないのでもう人と話したい|もういい、人に代わって
""",
    "en": """
talk to a human|I'd like to talk to a real person|can I speak with an agent|speak to a representative|agent|agent pls
human please|HUMAN!!!|operator|representative|live agent|live chat|real person please|connect me to someone
connect me with customer service|transfer me to an agent|please transfer me to a human being
put me through to a supervisor|let me speak to a manager|I want to talk to your manager|get me a human
give me a real person|I need an actual human|can I chat with a person|chat with a live agent
is there a human I can talk to|I don't want to talk to a bot|no more bots, I want a person
stop this bot and get me a person|I need to speak to somebody about my refund|can someone real help me
customer service representative|just let me talk to someone|speak to staff
I want to speak to a person about MD-12345678|talk to agent now|pls connect to human agent
could you please connect me with a member of your staff|escalate this to a supervisor
""",
    "zh": """
转人工|人工|人工客服|我要人工客服|请转人工|麻烦转接人工|帮我转人工服务|转接客服|找客服|我要找真人客服|叫真人来|真人
真人客服|我想和真人说话|我要跟人聊|能不能找个人跟我说|接人工|接客服|联系客服|联系人工客服|客服在吗|有人工吗
有没有真人|不要机器人|别用机器人敷衍我|换人工|換真人|轉人工|轉接客服|我要真人客服|叫你们经理出来|找你们主管
我要和客服沟通|来个人|在线客服|退款的事我要找人工|快递没到，转人工
""",
    "ko": """
상담원|상담원 연결|상담원연결|상담원 연결해 주세요|상담원이랑 얘기하고 싶어요|상담원과 통화하고 싶어요
상담원 바꿔 주세요|상담원 불러 주세요|상담사 연결 부탁드려요|사람이랑 얘기하고 싶어요|사람하고 말하고 싶어요
사람이랑 채팅할래요|사람 연결해줘|진짜 사람 연결해 주세요|실제 상담원이랑 상담할게요|직원 연결해 주세요
직원이랑 통화할 수 있을까요|담당자 연결|담당자와 통화하고 싶습니다|담당자 바꿔 주세요|책임자 나오라고 해
팀장 바꿔 주세요|매니저랑 얘기할게요|로봇 말고 사람이요|챗봇 싫어요 상담원 연결해줘|기계 말고 사람 바꿔줘요
고객센터 연결해 주세요|직접 상담하고 싶어요|환불 때문에 상담원하고 얘기하고 싶어요|사람 상담 가능한가요
상담원 있어요?
""",
}

NOT_ASKING = {
    "ja": """
友人に贈りたい|本人ではありません|他人の荷物が届いた|別の人の荷物です|担当者の態度が悪かった
担当者から連絡がありません|担当者に折り返すと言われました|配達の人が来なかった|配達員が荷物を投げた|一人で使います
3人分注文したい|家に人がいないので再配達してください|亡くなった人のアカウント|大人用ですか|法人で購入したい
人気商品の在庫は|個人情報を削除して|オペレーターの対応が親切でした|隣の人が受け取った|求人に応募したい
知らない人からメールが来た|まだ届かない|キャンセルしたい|荷物を受け取る人を変更したい|外国人ですが買えますか
人形の腕が取れていた
""",
    "en": """
the agent was rude|your representative promised a refund|the person who delivered it was rude
wrong person got my parcel|how many persons does it serve|I gave it to another person|is the human hair wig in stock
where is my order|cancel my order|the delivery person never came|change the person who receives it
please leave it with staff at the front desk|I don't need an agent|I was told to wait|somebody stole my package
someone else's parcel|contact the seller|no need to talk to a person|the manager of my building took it
I bought it in person|can someone collect my return
""",
    "zh": """
客服态度很差|客服说会退款|收件人不是我|别人的包裹|快递员没来|不用转人工|人工智能音箱有货吗|本人不在家|送人的礼物
个人信息|投诉客服|感谢你们的客服|取消订单|还没到|联系卖家|换个颜色|机器人吸尘器坏了|几个人用的|客服几点下班
""",
    "ko": """
상담원이 불친절했어요|상담원이 해 준다고 했어요|담당자가 연락 준다고 했는데 안 왔어요|보낸 사람 모르게 반품
받는 사람 이름이 달라요|다른 사람 택배가 왔어요|주문 취소|아직 안 왔어요|판매자에게 연락하고 싶어요
두 사람이 쓸 거예요|직원분을 칭찬하고 싶어요|모르는 사람한테 메일이 왔어요|상담원 연결 안 해도 돼요
로봇 청소기가 고장났어요|사람마다 다른가요
""",
}

ASKING_WHO = """
ロボットですか？|あなたは人間ですか|これは自動応答ですか|AIですか？|中の人はいますか|人が答えていますか
are you a robot?
tell me if you are a bot or a real person|are you a real person|am I talking to a bot|is this a human|r u human
你是机器人吗|你是真人吗？
你是人工还是机器人|您是真人客服吗|사람이에요?|로봇인가요|챗봇이에요?|지금 사람이랑 얘기하는 건가요
"""


def _rows(table: str) -> list[str]:
    return [text for line in table.split("\n") for text in line.split("|") if text]


@pytest.fixture(scope="module")
def bot() -> NgramUnderstanding:
    return NgramUnderstanding()


@pytest.mark.parametrize("lang", list(ASKING))
def test_a_wish_for_a_person_is_heard(lang: str, bot: NgramUnderstanding) -> None:
    wishes = _rows(ASKING[lang])
    missed = [text for text in wishes if bot.understand(text, lang).reason != "service.human"]
    assert not missed


@pytest.mark.parametrize("page", ["ja", "en", "zh", "ko"])
def test_a_wish_for_a_person_is_heard_on_a_page_of_any_language(page: str, bot: NgramUnderstanding) -> None:
    wishes = [text for lang in ASKING for text in _rows(ASKING[lang])]
    missed = [text for text in wishes if bot.understand(text, page).reason != "service.human"]
    assert not missed


@pytest.mark.parametrize("lang", list(NOT_ASKING))
def test_other_words_about_people_are_no_wish_for_one(lang: str, bot: NgramUnderstanding) -> None:
    texts = _rows(NOT_ASKING[lang])
    heard = [text for text in texts if bot.understand(text, lang).reason == "service.human"]
    assert not heard


def test_nothing_else_that_customers_write_sounds_like_it() -> None:
    others = [
        text
        for by_reason in load_utterances().values()
        for reason, texts in by_reason.items()
        if reason != "service.human"
        for text in texts
    ]
    heard = [text for text in others if asks_for_person(normal(text))]
    assert not heard


@pytest.mark.parametrize("text", _rows(ASKING_WHO))
def test_asking_who_answers_is_another_thing(text: str) -> None:
    assert asks_if_human(normal(text))
    assert not asks_for_person(normal(text))


@pytest.mark.parametrize("text", ["ロボット掃除機はありますか", "is this machine washable", "机器人吸尘器", "로봇"])
def test_robots_are_also_for_sale(text: str) -> None:
    assert not asks_if_human(normal(text))

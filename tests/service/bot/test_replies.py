"""Answers in one's own words to what a form asks: understood as the option that is meant, never at the form's cost."""

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Kind
from madoguchi.core.policy.pack import Method, ReturnReason
from madoguchi.service.bot import replies
from madoguchi.service.bot.turn import memory_of
from madoguchi.service.returns.rules import Condition
from tests.service.bot.test_talk import MISAKI, Chat, _chat, _kinds, _said
from tests.web import app as app
from tests.web import world_template as world_template

REPLIES = {
    "size": ("思ったより小さかったです", "it's way too big on me", "买回来太小了穿不下", "입어 보니 너무 작아요"),
    "dislike": ("味が好みじゃなかった", "I just don't like it", "颜色不喜欢", "마음에 안 들어요"),
    "no_longer_needed": ("もういらなくなりました", "don't need it anymore", "用不上了", "이제 필요 없어요"),
    "mistake": ("間違えて買ってしまった", "I bought it by mistake", "我拍错了", "실수로 시켰어요"),
    "defective": ("電源が入らないんです", "it won't turn on", "开不了机", "고장 난 것 같아요"),
    "damaged": ("届いたら割れてました", "it was broken when it came", "到手就碎了", "깨져서 왔어요"),
    "not_as_described": ("写真と違う色でした", "not as described", "跟图片差太多", "사진과 달라요"),
    "unopened": ("まだ開けていません", "I haven't opened it", "还没拆", "아직 안 뜯었어요"),
    "opened": ("開けちゃった", "opened it but that's all", "已经拆开了", "뜯기만 했어요"),
    "used": ("一度だけ使いました", "I wore it once", "用过一次", "한 번 사용했어요"),
    "untagged": ("タグを切ってしまった", "the tags? I cut the tags", "吊牌剪掉了", "태그를 뗐어요"),
    "pickup": ("家まで取りに来てほしい", "please come and pick it up", "能来我家取吗", "집으로 가지러 와 주세요"),
    "code": ("印刷できないのでコンビニで", "I can't print a label", "没有打印机", "편의점에서 보낼게요"),
    "own": ("自分で送ります", "I'll send it myself", "我自己寄", "제가 직접 보낼게요"),
}
FIELDS = [
    Field(
        name="of",
        kind=FieldKind.CHOICE,
        options=tuple(FieldOption(value=one, label=one) for one in values),
    )
    for values in (ReturnReason, Condition, Method)
]


@pytest.mark.parametrize("value", REPLIES)
def test_an_option_in_other_words(value: str) -> None:
    (asked,) = [field for field in FIELDS if value in {option.value for option in field.options}]
    said = zip(("ja", "en", "zh", "ko"), REPLIES[value], strict=True)
    assert [replies.meant(asked, text, lang) for lang, text in said] == [value] * 4


@pytest.mark.parametrize("text", ["開封して一度使いました", "サイズも合わないし壊れていました", "よくわかりません"])
def test_what_means_several_or_none_is_asked_again(text: str) -> None:
    assert [replies.meant(field, text, "ja") for field in FIELDS] == [None] * 3


STORIES = {
    "ja": ("コーヒー豆を返品したい", "1つだけ", "味が好みじゃなかった", "開けちゃった", "家まで取りに来てほしい"),
    "en": ("I want to return the coffee beans", "just one", "I don't like it", "opened it", "no printer, by code"),
    "zh": ("想退咖啡豆", "只退1袋", "不合口味", "已经拆开了", "来我家取"),
    "ko": ("커피 원두 반품하고 싶어요", "하나만요", "취향이 아니에요", "뜯었어요", "집으로 가지러 와 주세요"),
}


async def _told(app: App, *texts: str, lang: str = "ja") -> tuple[Chat, list[Entry]]:
    chat = await _chat(app, MISAKI)
    await chat.begin()
    await app.db.run(SYSTEM, lambda tx: cases.describe(tx, chat.case_id, locale=lang))
    answers = [await chat.say(text) for text in texts]
    return chat, answers[-1]


@pytest.mark.parametrize("lang", STORIES)
async def test_a_whole_form_in_ones_own_words(app: App, lang: str) -> None:
    chat, answer = await _told(app, *STORIES[lang], lang=lang)
    assert Kind.SLIP in _kinds(answer)
    given = memory_of(await chat.case()).answers
    assert given == {
        "lines": {"1": 1},
        "reason": "dislike",
        "condition": "opened",
        "method": "code" if lang == "en" else "pickup",
    }


async def test_what_the_wish_told_is_not_asked_again(app: App) -> None:
    chat, _ = await _told(app, "セーターが小さかったので返品したい。未開封です", "セーターだけ")
    memory = memory_of(await chat.case())
    assert memory.answers == {"lines": {"1": 1}, "reason": "size", "condition": "unopened"}
    assert memory.asking == "method"


@pytest.mark.parametrize("enough", ["いいえ", "それだけです"])
async def test_of_several_things_that_is_all(app: App, enough: str) -> None:
    chat, _ = await _told(app, "セーターを返品したいです", "1", enough)
    memory = memory_of(await chat.case())
    assert (memory.answers, memory.asking) == ({"lines": {"1": 1}}, "reason")


async def test_what_is_not_understood_costs_no_answer(app: App) -> None:
    chat, answer = await _told(app, "コーヒー豆を返品したい", "1つだけ", "ほげほげ")
    assert answer[0].text == _said("ja", "bot.ask.not_understood")
    memory = memory_of(await chat.case())
    assert (memory.answers, memory.asking) == ({"lines": {"1": 1}}, "reason")
    await chat.say("ふがふが")
    (offered,) = await chat.say("ほげ")
    assert offered.text == _said("ja", "bot.not_understood.again"), "a person, at last"


async def test_an_answer_of_before_can_be_changed_by_saying_the_other(app: App) -> None:
    chat, _ = await _told(app, "コーヒー豆を返品したい", "1つだけ", "味が好みじゃなかった", "説明や写真と違う")
    memory = memory_of(await chat.case())
    assert memory.answers["reason"] == "not_as_described"
    assert memory.action == "order.return"


async def test_a_question_is_no_code(app: App) -> None:
    chat, _ = await _told(app, "ギフトでもらったものを返品したい", "返金はいつですか")
    assert memory_of(await chat.case()).reason == "refund.status"

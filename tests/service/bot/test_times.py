"""Days and parts of a day as customers name them, of those that are offered."""

from datetime import date, timedelta

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.carriers.port import Band
from madoguchi.core.cases.rules import Kind
from madoguchi.core.shop.queries import order_id_of
from madoguchi.edge.stores.demo.people import KENTA, Story
from madoguchi.service.bot.asking import Form
from madoguchi.service.bot.times import with_times
from tests.service.bot.test_talk import _chat, _kinds
from tests.web import app as app
from tests.web import world_template as world_template

TODAY = date(2026, 3, 3)  # a Tuesday


def _choice(name: str, *values: str) -> Field:
    return Field(name=name, kind=FieldKind.CHOICE, options=tuple(FieldOption(value=v, label=v) for v in values))


FORM = Form(
    (
        _choice("day", *((TODAY + timedelta(days=n)).isoformat() for n in range(1, 8))),
        _choice("band", *Band),
        _choice("reason", "tomorrow", "morning"),
    ),
    {},
)


@pytest.mark.parametrize(
    ("text", "day", "band"),
    [
        ("明日の午前中に再配達してください", 4, "morning"),
        ("あさっての18時〜20時でお願いします", 5, "18_20"),
        ("土曜日の１４時から１６時", 7, "14_16"),
        ("3月6日に届けてほしい", 6, None),
        ("3/6 夜", 6, None),
        ("bring it the day after tomorrow, in the morning", 5, "morning"),
        ("tomorrow 19:00-21:00 please", 4, "19_21"),
        ("on Saturday", 7, None),
        ("后天上午送", 5, "morning"),
        ("星期六16点到18点", 7, "16_18"),
        ("내일 오전에 다시 배달해 주세요", 4, "morning"),
        ("3월 6일 18시~20시", 6, "18_20"),
        ("再配達をお願いします", None, None),
        ("今日中に", None, None),  # is not offered
        ("明日か明後日", None, None),
        ("13/6 or 3/16", None, None),
        ("18時以降", None, None),  # two of them
    ],
)
def test_what_is_named_need_not_be_asked_for(text: str, day: int | None, band: str | None) -> None:
    answers = with_times(FORM, text, TODAY).answers
    assert answers == ({"day": f"2026-03-0{day}"} if day else {}) | ({"band": band} if band else {})


async def test_a_redelivery_in_one_sentence(app: App) -> None:
    chat = await _chat(app, KENTA.customer.ref)
    await chat.begin(await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", KENTA.order(Story.MISSED))))
    assert _kinds(await chat.say("不在票が入っていたので、明日の午前中に再配達をお願いします")) == [Kind.SLIP]


async def test_a_day_is_answered_in_words(app: App) -> None:
    chat = await _chat(app, KENTA.customer.ref)
    await chat.begin(await app.db.run(SYSTEM, lambda tx: order_id_of(tx, "demo", KENTA.order(Story.MISSED))))
    assert _kinds(await chat.say("再配達をお願いします")) == [Kind.MESSAGE]
    assert _kinds(await chat.say("あさって")) == [Kind.MESSAGE]
    assert _kinds(await chat.say("18時から20時で")) == [Kind.SLIP]

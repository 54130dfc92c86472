"""Words while it is asked which thing was meant: with none left, and with orders, which have no name."""

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.verbs import keep_dialogue
from tests.service.bot.test_talk import FANG, MISAKI, Chat, _chat
from tests.web import app as app
from tests.web import world_template as world_template


async def _asked_which(app: App, ref: str, action: str) -> Chat:
    chat = await _chat(app, ref)
    await chat.begin()
    case = await chat.case()
    asked = {"greeted": True, "heard": case.last_seq, "reason": "order.status", "action": action, "waiting": "thing"}
    await app.db.run(SYSTEM, lambda tx: keep_dialogue(tx, case.id, asked, case.last_seq))
    return chat


@pytest.mark.parametrize(("ref", "action"), [(FANG, "subscription.skip"), (MISAKI, "order.cancel")])
async def test_what_names_nothing_is_answered(app: App, ref: str, action: str) -> None:
    chat = await _asked_which(app, ref, action)
    assert await chat.say("コーヒーの方です")

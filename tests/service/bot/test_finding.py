"""Words while it is asked which thing was meant: with none left, with parcels of several orders, with orders."""

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.cases.verbs import keep_dialogue
from madoguchi.core.shop.queries import orders_of
from madoguchi.service.bot.turn import memory_of
from tests.service.bot.test_talk import EMMA, MISAKI, Chat, _chat
from tests.service.bot.test_talk import app as app


async def _asked_which(app: App, ref: str, action: str) -> Chat:
    chat = await _chat(app, ref)
    await chat.begin()
    case = await chat.case()
    asked = {"greeted": True, "heard": case.last_seq, "reason": "order.status", "action": action, "waiting": "thing"}
    await app.db.run(SYSTEM, lambda tx: keep_dialogue(tx, case.id, asked, case.last_seq))
    return chat


@pytest.mark.parametrize(("ref", "action"), [(EMMA, "subscription.skip"), (MISAKI, "order.cancel")])
async def test_what_names_nothing_is_answered(app: App, ref: str, action: str) -> None:
    chat = await _asked_which(app, ref, action)
    assert await chat.say("コーヒーの方です")


async def test_a_parcel_is_named_among_those_of_several_orders(app: App) -> None:
    chat = await _asked_which(app, MISAKI, "parcel.late")
    owner = (await chat.case()).customer_id
    orders = await app.db.run(SYSTEM, lambda tx: orders_of(tx, owner, limit=5))
    sent = [order.document.shipments for order in orders if order.document.shipments]
    assert len(sent) > 1
    carriers = [parcel.carrier for parcels in sent for parcel in parcels]
    single = next(carrier for carrier in carriers if carriers.count(carrier) == 1)
    assert await chat.say(f"{single} のほう")
    thing = memory_of(await chat.case()).thing
    assert thing in {parcel.ref for parcels in sent for parcel in parcels if parcel.carrier == single}

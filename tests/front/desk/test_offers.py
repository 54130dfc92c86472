"""Work comes to associates: offered or picked, taken by exactly one."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from madoguchi.edge.stores.demo.people import EMMA, KENTA, MISAKI
from madoguchi.kit import clock
from madoguchi.service.routing.rules import Presence
from tests.conftest import NOW
from tests.front.desk.associate import JSON, accept_url, at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_an_offer_tells_who_why_and_what_the_bot_did(site: Site) -> None:
    aoi = await at_desk(site)
    await in_line(site, MISAKI, "やかんが届きません")
    panel = (await aoi.get("/desk/panels/offer")).text
    assert "佐藤 美咲" in panel
    assert "「やかんが届きません」" in panel
    assert 'data-key="a"' in panel


async def test_of_two_who_accept_at_once_one_gets_it_and_the_other_is_told_who(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    aoi, ken = await at_desk(site, "田中 葵"), await at_desk(site, "鈴木 健")
    url = await accept_url(site, caller.case_id)
    first, second = await asyncio.gather(aoi.send(url), ken.send(url))
    taken, late = (first, second) if first.status_code == 303 else (second, first)
    winner = "田中 葵" if taken is first else "鈴木 健"
    assert taken.status_code == 303
    assert taken.headers["location"] == f"/desk/cases/{caller.case_id}"
    assert late.status_code == 409
    assert f"{winner}が先に引き受けました" in late.text
    assert site.value("select count(*) from work_items where assigned_to is not null") == 1


async def test_scripts_are_told_who_was_quicker(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    aoi, ken = await at_desk(site, "田中 葵"), await at_desk(site, "鈴木 健")
    url = await accept_url(site, caller.case_id)
    assert (await aoi.say(url)).json()["case"] == str(caller.case_id)
    answer = await ken.say(url)
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert (await aoi.say(url)).status_code == 200  # pressed twice


async def test_whoever_was_asked_sees_that_another_took_it(site: Site) -> None:
    aoi = await at_desk(site, "田中 葵")
    caller = await in_line(site, MISAKI)
    ken = await at_desk(site, "鈴木 健")
    await ken.take(caller.case_id)
    assert "佐藤 美咲 様のお問い合わせは、鈴木 健 が対応しています。" in (await aoi.get("/desk/panels/offer")).text


async def test_declining_asks_the_next_one(site: Site) -> None:
    aoi = await at_desk(site, "田中 葵")
    caller = await in_line(site, MISAKI)
    ken = await at_desk(site, "鈴木 健")
    decline = (await accept_url(site, caller.case_id)).replace("accept", "decline")
    await aoi.post(decline)
    assert aoi.page.url.path == f"/desk/cases/{caller.case_id}"
    assert "data-offer" not in (await aoi.get("/desk/panels/offer")).text
    assert "佐藤 美咲" in (await ken.get("/desk/panels/offer")).text


async def test_who_is_not_there_takes_nothing(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    new = await at_desk(site, state=None)
    answer = await new.take(caller.case_id)
    assert answer.status_code == 409
    assert "対応可" in answer.text
    assert site.value("select state from cases where id = %s", caller.case_id) == "queued"


async def test_full_hands_take_no_more(site: Site) -> None:
    aoi = await at_desk(site)
    for person in (MISAKI, KENTA, EMMA):
        await aoi.take((await in_line(site, person)).case_id)
    more = await in_line(site)
    answer = await aoi.take(more.case_id)
    assert answer.status_code == 409
    assert "3件" in answer.text


async def test_unknown_work_is_not_found(site: Site) -> None:
    aoi = await at_desk(site)
    for act in ("accept", "decline"):
        assert (await aoi.send(f"/desk/offers/{uuid4()}/{act}", **JSON)).status_code == 404


async def test_presence_is_one_press_and_stays_on_the_page(site: Site) -> None:
    aoi = await at_desk(site, state=None)
    caller = await in_line(site, MISAKI)
    await aoi.post(f"/desk/presence?case={caller.case_id}", {"state": "available"})
    assert aoi.page.url.path == f"/desk/cases/{caller.case_id}"
    assert site.value("select state from presence where staff_id = %s", aoi.actor.id) == "available"
    await aoi.post("/desk/presence", {"state": "away"})
    assert site.value("select state from presence where staff_id = %s", aoi.actor.id) == "away"


async def test_nobody_goes_offline_by_that_switch(site: Site) -> None:
    aoi = await at_desk(site)
    assert (await aoi.send("/desk/presence", {"state": "offline"}, **JSON)).status_code == 422
    assert site.value("select state from presence where staff_id = %s", aoi.actor.id) == "available"


async def test_a_heartbeat_keeps_one_there(site: Site) -> None:
    aoi = await at_desk(site)
    with clock.frozen(NOW + timedelta(seconds=40)):
        assert (await aoi.send("/desk/heartbeat", **JSON)).status_code == 200
        seen = site.value("select seen_at from presence where staff_id = %s", aoi.actor.id)
    assert seen == NOW + timedelta(seconds=40)


async def test_the_line_shows_language_reason_wait_and_urgency(site: Site) -> None:
    aoi = await at_desk(site, state=Presence.AWAY)
    caller = await in_line(site, EMMA, "My parcel is late")
    site.value("update cases set reason = 'item.safety' where id = %s returning 1", caller.case_id)
    site.value("update work_items set priority = 0 where case_id = %s returning 1", caller.case_id)
    with clock.frozen(NOW + timedelta(minutes=4)):
        panel = (await aoi.get("/desk/panels/inbox")).text
    assert "Emma Wilson" in panel
    assert "My parcel is late" in panel
    assert "4分待ち" in panel
    assert ">EN<" in panel
    assert "緊急" in panel

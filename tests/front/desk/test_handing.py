"""Letting a case go: to others, aside, or to its end with a record."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.core.cases import verbs as cases
from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.front.desk.associate import Associate, Caller, at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

SOLVED = {"reason": "order.status", "outcome": "solved"}


async def talking(site: Site) -> tuple[Associate, Caller]:
    """An associate who has a case open."""
    caller = await in_line(site, MISAKI)
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    return aoi, caller


async def until(done: Callable[[], bool]) -> None:
    """Wait, at most five seconds."""
    for _ in range(50):
        if done():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen")


def holder(site: Site, caller: Caller) -> object:
    return site.value("select assigned_to from cases where id = %s", caller.case_id)


async def test_to_a_colleague_with_a_word(site: Site) -> None:
    aoi, caller = await talking(site)
    ken = await at_desk(site, "鈴木 健")
    page = await aoi.get(f"/desk/cases/{caller.case_id}")
    assert f"staff:{ken.actor.id}" in page.text
    await aoi.post(
        f"/desk/cases/{caller.case_id}/transfer", {"to": f"staff:{ken.actor.id}", "note": "配送に詳しい方へ"}
    )
    assert aoi.page.url.path == "/desk"
    assert holder(site, caller) == ken.actor.id
    assert "配送に詳しい方へ" in (await ken.get(f"/desk/cases/{caller.case_id}")).text
    assert "鈴木 健 が対応しています" in (await aoi.get(f"/desk/panels/holding/{caller.case_id}")).text


async def test_to_a_queue(site: Site) -> None:
    aoi, caller = await talking(site)
    await aoi.post(f"/desk/cases/{caller.case_id}/transfer", {"to": "queue:leaders"})
    assert site.value("select state from cases where id = %s", caller.case_id) == "queued"
    assert site.value("select queue_id from work_items where case_id = %s", caller.case_id) == "leaders"


@pytest.mark.parametrize("to", ["staff:0198f3a0-0000-7000-8000-000000000000", "staff:me", "queue:nowhere", "", "x:y"])
async def test_to_nobody_is_refused_and_keeps_the_word(site: Site, to: str) -> None:
    aoi, caller = await talking(site)
    answer = await aoi.send(f"/desk/cases/{caller.case_id}/transfer", {"to": to, "note": "お願いします"})
    assert answer.status_code in {409, 422}
    assert "お願いします</textarea>" in answer.text
    assert holder(site, caller) == aoi.actor.id


async def test_aside_until_the_customer_speaks(site: Site) -> None:
    aoi, caller = await talking(site)
    await aoi.post(f"/desk/cases/{caller.case_id}/park")
    assert site.value("select state from cases where id = %s", caller.case_id) == "parked"
    assert "保留" in (await aoi.get("/desk/panels/mine")).text
    assert "保留（田中 葵）" in (await aoi.get(f"/desk/cases/{caller.case_id}")).text


async def test_only_the_holder_or_a_leader_lets_go(site: Site) -> None:
    aoi, caller = await talking(site)
    ken = await at_desk(site, "鈴木 健")
    base, before = f"/desk/cases/{caller.case_id}", site.counts()
    for act, body in (("transfer", {"to": "queue:support"}), ("park", {}), ("wrap-up", SOLVED)):
        answer = await ken.say(f"{base}/{act}", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_assigned"), act
    assert site.counts() == before
    assert holder(site, caller) == aoi.actor.id
    leader = await at_desk(site, "山本 愛", role=Role.LEADER)
    assert (await leader.say(f"{base}/transfer", to=f"staff:{ken.actor.id}")).status_code == 200


async def test_the_record_closes_the_case_and_leads_to_the_next(site: Site) -> None:
    aoi, caller = await talking(site)
    other = await in_line(site, KENTA)
    await aoi.take(other.case_id)
    page = await aoi.post(
        f"/desk/cases/{caller.case_id}/wrap-up",
        SOLVED | {"done": "お届け日をご案内", "promise": "配送状況のご連絡", "promise_due": "2026-03-05"},
    )
    assert page.url.path == f"/desk/cases/{other.case_id}"
    assert site.value("select state from cases where id = %s", caller.case_id) == "closed"
    assert site.value("select promise_due from wrap_ups") == NOW.replace(day=5, hour=23, minute=59)
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}")).text
    assert "配送状況のご連絡" in pane
    assert "3月5日（木）まで" in pane
    again = await aoi.say(f"/desk/cases/{caller.case_id}/wrap-up", **SOLVED)
    assert again.status_code == 200
    assert site.value("select count(*) from wrap_ups") == 1


async def test_what_the_customer_ended_still_asks_for_its_record(site: Site) -> None:
    aoi, caller = await talking(site)
    await site.services.db.run(caller.actor, lambda tx: cases.end(tx, caller.actor, caller.case_id))
    await until(lambda: site.value("select state from work_items") == "done")
    assert "記録がまだです" in (await aoi.get("/desk/panels/mine")).text
    await aoi.get(f"/desk/cases/{caller.case_id}")
    await aoi.post(f"/desk/cases/{caller.case_id}/wrap-up", SOLVED)
    assert aoi.page.status_code == 200
    assert "記録がまだです" not in (await aoi.get("/desk/panels/mine")).text


async def test_an_overdue_promise_stands_out(site: Site) -> None:
    aoi, caller = await talking(site)
    record = SOLVED | {"promise": "ご連絡", "promise_due": "2026-03-04"}
    await aoi.post(f"/desk/cases/{caller.case_id}/wrap-up", record)
    with clock.frozen(NOW + timedelta(days=3)):
        pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}")).text
    assert 'data-tone="wrong">3月4日（水）まで' in pane


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"promise": "ご連絡します"}, "内容と期日の両方"),
        ({"promise": "ご連絡します", "promise_due": "2026-03-01"}, "これからの日時"),
        ({"reason": "nothing.known"}, "一覧からお選びください"),
    ],
)
async def test_a_record_that_is_not_right_is_shown_again_as_it_was(site: Site, more: dict[str, str], said: str) -> None:
    aoi, caller = await talking(site)
    page = await aoi.send(f"/desk/cases/{caller.case_id}/wrap-up", SOLVED | {"done": "ご案内しました"} | more)
    assert page.status_code == 422
    assert said in page.text
    assert "ご案内しました</textarea>" in page.text
    assert more.get("promise", "") in page.text
    assert site.value("select state from cases where id = %s", caller.case_id) == "active"


async def test_unknown_outcomes_and_days_are_refused(site: Site) -> None:
    aoi, caller = await talking(site)
    url = f"/desk/cases/{caller.case_id}/wrap-up"
    assert (await aoi.say(url, **SOLVED | {"outcome": "great"})).status_code == 422
    assert (await aoi.say(url, **SOLVED, promise="x", promise_due="someday")).status_code == 422
    assert (await aoi.say(url, **SOLVED, done="あ" * 1_001)).status_code == 422
    assert site.value("select count(*) from wrap_ups") == 0


async def test_letting_go_of_an_unknown_case_is_not_found(site: Site) -> None:
    aoi = await at_desk(site)
    for act, body in (("transfer", {"to": "queue:support"}), ("park", {}), ("wrap-up", SOLVED)):
        assert (await aoi.say(f"/desk/cases/{uuid4()}/{act}", **body)).status_code == 404

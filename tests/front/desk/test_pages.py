"""The desk's pages: what they show, in four languages, with a bounded number of questions to the database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from madoguchi.edge.stores.demo.people import EMMA, KENTA, MISAKI, NAOKI
from madoguchi.kit.i18n import LANGUAGES
from tests.front.counter.customer import signed_in
from tests.front.desk.associate import at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_speaks_every_language(site: Site, lang: str) -> None:
    aoi = await at_desk(site)
    await aoi.post("/settings/display", {"lang": lang, "next": "/desk"})
    caller = await in_line(site, MISAKI, order="MD-10234567")
    guest = await in_line(site)
    await aoi.take(caller.case_id)
    pages = [
        "/desk",
        f"/desk/cases/{caller.case_id}",
        f"/desk/cases/{guest.case_id}",
        *(f"/desk/panels/{name}" for name in ("inbox", "mine", "offer", "presence", "day")),
        f"/desk/panels/holding/{guest.case_id}",
        f"/desk/panels/customer/{caller.case_id}",
    ]
    for page in pages:
        answer = await aoi.get(page)
        assert answer.status_code == 200, page
    case = await aoi.get(f"/desk/cases/{caller.case_id}")
    assert f'<html lang="{"zh-Hans" if lang == "zh" else lang}"' in case.text


async def test_the_right_pane_tells_who_it_is_and_how_sure_we_are(site: Site) -> None:
    aoi = await at_desk(site)
    caller, guest = await in_line(site, MISAKI), await in_line(site)
    known = (await aoi.get(f"/desk/panels/customer/{caller.case_id}")).text
    assert "佐藤 美咲" in known
    assert "misaki.sato@example.jp" in known
    assert "ショップにログインしたご本人です" in known
    assert "seal-mark" in known
    unknown = (await aoi.get(f"/desk/panels/customer/{guest.case_id}")).text
    assert "ご本人確認はしていません" in unknown
    assert "seal-mark" not in unknown
    assert "ご注文はありません" in unknown


async def test_the_order_of_the_case_comes_first_and_others_are_a_press_away(site: Site) -> None:
    aoi = await at_desk(site)
    caller = await in_line(site, MISAKI, order="MD-10234567")
    page = await aoi.get(f"/desk/cases/{caller.case_id}")
    assert page.text.index("MD-10234567") < page.text.index("MD-10234602")
    order = aoi.link(rf"/desk/cases/{caller.case_id}\?order=[0-9a-f-]+&amp;pane=customer")
    assert (await aoi.get(order)).status_code == 200


async def test_earlier_cases_are_linked(site: Site) -> None:
    aoi = await at_desk(site)
    first = await in_line(site, NAOKI)
    second = await in_line(site, NAOKI)
    assert str(first.case_id) in (await aoi.get(f"/desk/panels/customer/{second.case_id}")).text


async def test_staff_see_what_the_bot_handed_over(site: Site) -> None:
    aoi = await at_desk(site)
    caller = await in_line(site, EMMA, "Where is my parcel?")
    page = (await aoi.get(f"/desk/cases/{caller.case_id}")).text
    assert "自動応答からの引き継ぎ" in page
    assert "「Where is my parcel?」" in page


async def test_what_customers_write_is_never_markup(site: Site) -> None:
    aoi = await at_desk(site)
    attack = '<img src=x onerror="alert(1)">{{7*7}}'
    caller = await in_line(site, None, attack)
    for path in (f"/desk/cases/{caller.case_id}", "/desk/panels/inbox", "/desk/panels/offer"):
        page = (await aoi.get(path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
        assert "49" not in page.partition("&lt;img")[2][:80]


async def test_unknown_and_malformed_ids_look_the_same(site: Site) -> None:
    aoi = await at_desk(site)
    answers = [
        await aoi.http.get(f"/desk/cases/{case}", headers={"accept": "application/json"})
        for case in (uuid4(), "x", UUID(int=0))
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_nothing_of_the_desk_is_for_the_customer_whose_case_it_is(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    misaki = await signed_in(site, MISAKI)
    for path in (f"/desk/cases/{caller.case_id}", f"/desk/panels/customer/{caller.case_id}", "/desk/panels/inbox"):
        assert (await misaki.get(path)).status_code == 403


async def test_who_is_dismissed_is_out_within_a_second(site: Site) -> None:
    aoi = await at_desk(site)
    site.value("update staff set active = false where id = %s returning 1", aoi.actor.id)
    dismissed = time.monotonic()
    asked = dismissed
    while (answer := await aoi.http.get("/desk")).status_code == 200:
        assert asked < dismissed + 1
        asked = time.monotonic()
    assert answer.status_code == 303


async def test_turning_back_in_a_long_conversation(site: Site) -> None:
    aoi = await at_desk(site)
    caller = await in_line(site, KENTA, *(f"行{n}。" for n in range(120)))
    page = await aoi.get(f"/desk/cases/{caller.case_id}")
    assert "行119。" in page.text
    assert "行1。" not in page.text
    back = await aoi.get(aoi.link(rf"/desk/cases/{caller.case_id}\?before=\d+"))
    assert "行1。" in back.text
    assert f"case:{caller.case_id}" not in back.text.partition("data-topics")[2].partition(">")[0]


@contextmanager
def questions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked of the database within the block."""
    asked: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counting(self: psycopg.AsyncCursor[Any], query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query))
        return await execute(self, query, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", counting)
        yield asked


async def test_opening_a_case_asks_as_much_however_much_there_is(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next case is on screen within 150 ms, and stays so when the line and the history grow."""
    aoi = await at_desk(site)
    caller = await in_line(site, MISAKI, order="MD-10234567")
    await aoi.take(caller.case_id)
    await aoi.get(f"/desk/cases/{caller.case_id}")
    with questions(monkeypatch) as few:
        await aoi.get(f"/desk/cases/{caller.case_id}")
    for _ in range(4):
        await in_line(site, MISAKI)
        for somebody in (KENTA, None, None):
            await in_line(site, somebody, *(f"{n}" for n in range(10)))
    with questions(monkeypatch) as many:
        await aoi.get(f"/desk/cases/{caller.case_id}")
    assert len(many) < len(few) + 12  # sixteen more are in line; the worker and the session ask now and then

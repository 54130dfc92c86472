"""Sessions end: by idleness, by the clock, and when somebody works here no more."""

import asyncio
import re
import time
from datetime import timedelta

import httpx
import pytest
from playwright.async_api import Browser, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.staff.verbs import deactivate_staff
from madoguchi.edge.stores.demo.people import MISAKI
from madoguchi.front.ui import feeds
from madoguchi.front.ui.middleware import cookie_names
from madoguchi.kit import clock
from madoguchi.kit.jobs import Nothing
from madoguchi.service.routing import jobs as routing
from tests.conftest import NOW
from tests.front.counter.customer import signed_in
from tests.front.desk.associate import JSON, Associate, at_desk, in_line
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

STREAM = {"accept": "text/event-stream"}


async def _status(site: Site, who: Associate, minutes: float, path: str = "/desk") -> int:
    """How they are answered so many minutes after NOW."""
    site.services.sessions._seen.clear()  # what was asked a second ago is not asked again
    with clock.frozen(NOW + timedelta(minutes=minutes)):
        if path.endswith("heartbeat"):
            return (await who.send(path, **JSON)).status_code
        return (await who.http.get(path, headers=JSON)).status_code


async def test_a_desk_that_nobody_uses_is_signed_out_although_its_page_is_open(site: Site) -> None:
    aoi = await at_desk(site)
    for minutes in (10, 20, 29):
        assert await _status(site, aoi, minutes, "/desk/heartbeat") == 200
        assert await _status(site, aoi, minutes, "/desk/panels/inbox") == 200
        assert await _status(site, aoi, minutes, "/live?topics=queue:all") == 200
    assert await _status(site, aoi, 30) == 401
    assert await _status(site, aoi, 30, "/live?topics=queue:all") == 401  # so that the page can say so


async def test_a_desk_that_is_used_lasts_for_twelve_hours(site: Site) -> None:
    aoi = await at_desk(site)
    for minutes in range(25, 12 * 60, 25):
        assert await _status(site, aoi, minutes) == 200
    assert await _status(site, aoi, 12 * 60) == 401


async def test_a_customer_who_comes_back_in_time_stays_known(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    for days, status in ((13, 200), (26, 200), (40, 303)):
        site.services.sessions._seen.clear()
        with clock.frozen(NOW + timedelta(days=days)):
            assert (await customer.http.get("/orders")).status_code == status


async def test_using_a_session_is_written_down_now_and_then(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    written = "select xmin::text from sessions order by id desc limit 1"
    before = site.value(written)
    for _ in range(3):
        await customer.get("/")
    assert site.value(written) == before


async def test_a_stream_ends_with_its_session_even_while_much_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "KEEP_ALIVE", 0.3)
    caller = await in_line(site, MISAKI)
    aoi = await at_desk(site)

    async def talk() -> None:
        while True:
            await caller.say("まだですか")
            await asyncio.sleep(0.05)

    async with aoi.http.stream("GET", f"/live?topics=case:{caller.case_id}", headers=STREAM) as line:
        talking = asyncio.create_task(talk())
        with clock.frozen(NOW + timedelta(minutes=31)):
            await _ended(line)
        talking.cancel()


async def test_who_works_here_no_more_is_out_and_what_they_had_goes_back(site: Site) -> None:
    caller = await in_line(site, MISAKI)
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    other = await in_line(site)  # is offered to them
    email = site.value("select email from staff where id = %s", aoi.actor.id)
    offered = "select count(*) from offers where staff_id = %s and outcome is null"
    assert site.value(offered, aoi.actor.id) == 1
    async with aoi.http.stream("GET", "/live?topics=queue:all", headers=STREAM) as line:
        began = time.monotonic()
        await site.services.db.run(SYSTEM, lambda tx: deactivate_staff(tx, str(email)))
        async with asyncio.timeout(1.5):
            while (await aoi.http.get("/desk", headers=JSON)).status_code == 200:  # noqa: ASYNC110 - asked anew
                await asyncio.sleep(0.05)
        await _ended(line)
        assert time.monotonic() - began < 5
    await routing.sweep_offers(site.services.db, Nothing())  # which runs every few seconds
    for case_id in (caller.case_id, other.case_id):
        assert site.value("select state from cases where id = %s", case_id) == "queued"
    held = "select count(*) from work_items where assigned_to = %s and state = 'assigned'"
    assert site.value(held, aoi.actor.id) == 0
    assert site.value(offered, aoi.actor.id) == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_says_so_and_keeps_what_was_typed(
    site: Site, browser: Browser, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "KEEP_ALIVE", 0.3)
    caller = await in_line(site, MISAKI)
    aoi = await at_desk(site)
    await aoi.take(caller.case_id)
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale="ja")
    name = cookie_names(secure=False).session
    await context.add_cookies([{"name": name, "value": aoi.http.cookies[name], "url": site.url}])
    page = await context.new_page()
    await page.goto(f"{site.url}/desk/cases/{caller.case_id}")
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")
    words = page.get_by_role("textbox", name="メッセージ")
    await words.fill("ただいま確認して")
    with clock.frozen(NOW + timedelta(minutes=31)):
        bar = page.locator("[data-connection-bar]")
        await expect(bar.get_by_text("ご利用の時間が切れました")).to_be_visible(timeout=15_000)
        await expect(words).to_have_value("ただいま確認して")
        await bar.get_by_role("link").click()
        await expect(page).to_have_url(re.compile("/desk/sign-in"))
    await context.close()


async def _ended(line: httpx.Response) -> None:
    """Read to its end, for five seconds."""
    async with asyncio.timeout(5):
        async for _ in line.aiter_bytes():
            pass

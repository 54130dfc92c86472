"""The desk in a browser: nothing for axe to find, nothing wider than the page, and the keys that do the usual thing."""

from itertools import product

import pytest
from playwright.async_api import Browser, Page, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.stores.demo.people import EMMA, KENTA, MISAKI
from madoguchi.front.ui.middleware import cookie_names
from madoguchi.kit.db import Tx
from tests.axe import violations
from tests.front.desk.associate import Associate, at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

pytestmark = pytest.mark.browser

TURNS = [
    {"lang": "ja", "theme": "light"},
    {"lang": "en", "theme": "dark"},
    {"lang": "zh", "theme": "light", "contrast": "more", "text": "1.25"},
    {"lang": "ko", "theme": "dark", "contrast": "more", "text": "1.5"},
]
PAGES = ("/desk/sign-in", "/desk", "case", "customer", "waiting", "quote")
# pages × widths, the turns dealt round so that each page and each width meets several
SCENES = [(name, width, TURNS[(i + i // 4) % 4]) for i, (width, name) in enumerate(product((390, 1280, 900), PAGES))]


async def open_browser(site: Site, browser: Browser, associate: Associate | None, width: int = 1280) -> Page:
    """A page of this associate's; whatever it complains about stands in `page.said`."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce", locale="ja")
    if associate:
        token = associate.http.cookies[cookie_names(secure=False).session]
        await context.add_cookies([{"name": cookie_names(secure=False).session, "value": token, "url": site.url}])
    return await context.new_page()


@pytest.mark.parametrize(("name", "width", "turn"), SCENES)
async def test_nothing_for_axe_to_find(
    site: Site, browser: Browser, name: str, width: int, turn: dict[str, str]
) -> None:
    aoi = await at_desk(site)
    held, waiting = await in_line(site, MISAKI, order="MD-10234602"), await in_line(site, KENTA)
    await aoi.take(held.case_id)
    await in_line(site, EMMA)
    page = await open_browser(site, browser, None if name == "/desk/sign-in" else aoi, width)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    url = f"{site.url}/desk/cases/{held.case_id}"
    at = {
        "case": url,
        "customer": f"{url}?pane=customer",
        "waiting": f"{site.url}/desk/cases/{waiting.case_id}",
        "quote": url,
    }.get(name, site.url + name)
    await page.goto(at)
    csrf = await page.locator("input[name=csrf]").first.input_value()
    await page.context.request.post(f"{site.url}/settings/display", form=turn | {"csrf": csrf})
    await page.goto(at)
    if name == "quote":
        await page.goto(f"{url}?pane=customer")
        await page.click(".order-act button")
        await expect(page.locator(".asked")).to_be_visible()

    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert said == []
    await page.context.close()


async def test_from_the_offer_to_the_record_by_keys_alone(site: Site, browser: Browser) -> None:
    aoi = await at_desk(site)
    page = await open_browser(site, browser, aoi)
    await page.goto(f"{site.url}/desk")
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")
    caller = await in_line(site, MISAKI, "キャンセルしたいです", order="MD-10234602")
    await expect(page.locator("[data-offer]")).to_contain_text("佐藤 美咲")
    await page.keyboard.press("a")
    await expect(page.locator("h1")).to_have_text("佐藤 美咲")

    await page.keyboard.press("c")
    await expect(page.locator(".asked .primary")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".desk-customer .order-headline")).to_have_text("キャンセルしました。")

    await page.keyboard.press("n")
    await page.keyboard.type("返金は3日ほど")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-internal][data-seq]").last).to_contain_text("返金は3日ほど")
    assert site.value("select audience from entries where text = '返金は3日ほど'") == "staff"

    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("e")
    await expect(page.locator(".wrap-up .primary")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{site.url}/desk")
    assert site.value("select state from cases where id = %s", caller.case_id) == "closed"
    await page.context.close()


async def test_a_begun_note_stays_a_note(site: Site, browser: Browser) -> None:
    aoi = await at_desk(site)
    caller = await in_line(site, MISAKI)
    await aoi.take(caller.case_id)
    page = await open_browser(site, browser, aoi)
    await page.goto(f"{site.url}/desk/cases/{caller.case_id}")
    await page.keyboard.press("n")
    await page.keyboard.type("声の荒いお客様")
    await page.reload()
    await expect(page.locator("#compose-text")).to_have_value("声の荒いお客様")
    await expect(page.locator(".note-switch input")).to_be_checked()
    await page.context.close()


async def test_a_doubtful_message_asks_first_and_goes_at_the_second_press(site: Site, browser: Browser) -> None:
    aoi = await at_desk(site)
    caller = await in_line(site, MISAKI)
    await aoi.take(caller.case_id)
    page = await open_browser(site, browser, aoi)
    await page.goto(f"{site.url}/desk/cases/{caller.case_id}")
    await page.fill("#compose-text", "写真を添付しました。")
    await page.press("#compose-text", "Enter")
    await expect(page.locator(".entry-failed")).to_contain_text("写真は送られていません")
    assert site.value("select count(*) from entries where text = '写真を添付しました。'") == 0
    await page.click("[data-discard]")
    await expect(page.locator("#compose-text")).to_have_value("写真を添付しました。")
    await page.press("#compose-text", "Enter")
    await page.click("[data-resend]")
    await expect(page.locator("[data-author=associate][data-seq]").last).to_contain_text("写真を添付しました。")
    assert site.value("select count(*) from entries where text = '写真を添付しました。'") == 1
    await page.context.close()


async def test_what_was_picked_stays_when_the_panel_is_renewed(site: Site, browser: Browser) -> None:
    aoi = await at_desk(site)
    held = await in_line(site, MISAKI, order="MD-10234602")
    await aoi.take(held.case_id)
    page = await open_browser(site, browser, aoi)
    async with page.expect_response("**/desk/panels/customer/**"):  # looked at anew when the line is up
        await page.goto(f"{site.url}/desk/cases/{held.case_id}")
    picks = page.locator("details[data-held^='order.cancel']")
    await picks.locator("summary").click()
    await picks.get_by_role("checkbox").uncheck()
    await picks.get_by_role("combobox").last.select_option("1")
    await picks.evaluate("old => old.dataset.old = ''")
    order_id = await order_of(site, "MD-10234602")

    async def woken(tx: Tx) -> None:
        tx.wake(f"order:{order_id}")

    async with page.expect_response("**/desk/panels/customer/**"):
        await site.services.db.run(SYSTEM, woken)
    await expect(page.locator("details[data-held^='order.cancel']:not([data-old])")).to_have_count(1)
    await expect(picks.get_by_role("checkbox")).not_to_be_checked()
    await expect(picks.get_by_role("combobox").last).to_have_value("1")
    await page.context.close()

"""The demo and the API's reference in a browser; and a shop's page whose widget knows who is signed in there."""

from itertools import product

import pytest
from playwright.async_api import Browser, Error, Frame, expect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.channels.email import verbs as mails
from madoguchi.edge.stores.demo.people import MISAKI, Story
from tests.axe import violations
from tests.front.demo.test_demo import RAW
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
PAGES = ("/demo?q=wilson", "/demo/shop?as=CU-1001", "/demo/mail", "/api/docs")
# pages × widths, the turns dealt round so that each page meets several
SCENES = [(path, width, TURNS[(i + i // 4) % 4]) for i, (width, path) in enumerate(product((390, 1280), PAGES))]


@pytest.mark.parametrize(("path", "width", "turn"), SCENES)
async def test_nothing_for_axe_to_find(
    site: Site, browser: Browser, path: str, width: int, turn: dict[str, str]
) -> None:
    raw = RAW.format(to="a@example.jp").replace("\n", "\r\n").encode()
    await site.services.db.run(SYSTEM, lambda tx: mails.catch(tx, raw, ["a@example.jp"]))
    context = await browser.new_context(viewport={"width": width, "height": 844}, reduced_motion="reduce")
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    await page.goto(f"{site.url}/demo")
    csrf = await page.locator("input[name=csrf]").first.input_value()
    await context.request.post(f"{site.url}/settings/display", form=turn | {"csrf": csrf})
    await page.goto(site.url + path)
    await page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")

    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert said == []
    await context.close()


async def test_mail_is_shown_in_a_frame_that_runs_nothing(site: Site, browser: Browser) -> None:
    raw = RAW.format(to="a@example.jp").replace("\n", "\r\n").encode()
    await site.services.db.run(SYSTEM, lambda tx: mails.catch(tx, raw, ["a@example.jp"]))
    page = await browser.new_page()
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    page.on("dialog", lambda dialog: asked.append("a dialog"))
    await page.goto(f"{site.url}/demo/mail")
    await page.click("a.list-row")
    await expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    assert [url for url in asked if not url.startswith(site.url)] == []
    await page.close()


async def _says(frame: Frame, words: str) -> bool:
    """Whether a frame shows the words; not while it goes to another page."""
    try:
        return words in await frame.content()
    except Error:
        return False


async def test_the_widget_knows_who_is_signed_in_at_the_shop(site: Site, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="ja")
    await page.goto(f"{site.url}/demo/shop?as={MISAKI.customer.ref}")
    await page.wait_for_function("document.body.lastElementChild.tagName === 'DIV'")
    await page.mouse.click(1190, 860)  # the button stands in a closed shadow tree, at the corner
    for _ in range(200):
        found = [frame for frame in page.frames if "/widget" in frame.url]
        if found and await _says(found[0], MISAKI.order(Story.LATE)):
            break
        await page.wait_for_timeout(50)
    else:
        raise AssertionError("the widget does not show the late parcel")
    assert site.value("select count(*) from shop_tokens_used") == 1
    await page.close()

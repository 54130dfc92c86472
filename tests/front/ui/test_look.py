"""Every part of the look, in its languages, themes and widths: nothing for axe to find, nothing wider than the page."""

from itertools import product

import pytest
from playwright.async_api import Browser

from tests.axe import violations
from tests.front.ui.stage import LOOK, Stage
from tests.front.ui.stage import stage as stage

pytestmark = pytest.mark.browser

TURNS = [
    "lang=ja&theme=light",
    "lang=en&theme=dark",
    "lang=zh&theme=light&contrast=more&text=1.25",
    "lang=ko&theme=dark&contrast=more&text=1.5",
]
# pages × widths, the turns dealt round so that each page and each width meets several
SCENES = [(name, width, TURNS[(i + i // 4) % 4]) for i, (width, name) in enumerate(product((390, 1280, 768), LOOK))]


@pytest.mark.parametrize(("name", "width", "turn"), SCENES)
async def test_is_accessible_and_fits(stage: Stage, browser: Browser, name: str, width: int, turn: str) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 844})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{stage.url}/look/{name}?{turn}")

    assert await violations(page) == []

    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert said == []  # the policy was kept, no script failed
    await page.close()


async def test_shows_the_newest_entry_without_scripts(stage: Stage, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{stage.url}/look/room")
    box = await page.locator("#entry-10").bounding_box()
    assert box
    assert 0 < box["y"] < 844
    await page.click(".attach summary")
    await page.locator("input[type=file]").scroll_into_view_if_needed()
    assert await page.locator("input[type=file]").is_visible()
    await context.close()


async def test_display_changes_at_once(stage: Stage, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{stage.url}/look/parts?lang=en")
    await page.click("summary:has-text('Display')")
    async with page.expect_request("**/settings/display") as sent:
        await page.click("label:has-text('Dark')")
    assert "theme=dark" in str((await sent.value).post_data)
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    await page.close()

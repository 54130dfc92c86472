"""The desk by keyboard."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.front.ui.stage import Stage
from tests.front.ui.stage import stage as stage

pytestmark = pytest.mark.browser


async def sit_down(browser: Browser, stage: Stage) -> Page:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"{stage.url}/look/desk?live&lang=en")
    await page.evaluate(
        """() => { window.pressed = []; addEventListener('submit', event => {
        event.preventDefault(); window.pressed.push(event.submitter.dataset.key) }, true) }"""
    )
    return page


async def test_a_letter_is_a_command_only_outside_fields(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await page.focus("#compose-text")
    await page.keyboard.press("a")
    assert await page.evaluate("pressed") == []
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("a")
    assert await page.evaluate("pressed") == ["a"]
    await page.close()


async def test_no_letter_is_a_command_while_composing(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', isComposing: true, bubbles: true}))"
    )
    await page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', keyCode: 229, bubbles: true}))")
    assert await page.evaluate("pressed") == []
    await page.close()


async def test_the_palette_finds_by_name(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("ｅｍｍａ")
    await expect(page.locator("#palette [role=option]")).to_have_count(1)
    await expect(page.locator("#palette [role=option]")).to_contain_text("Emma Wilson")
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await page.close()


async def test_the_sheet_names_the_keys_of_the_page(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_contain_text("Accept")
    await expect(page.locator("#keys")).to_contain_text("Write a reply")
    await page.close()


async def test_rows_are_walked_by_j_and_k(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await page.keyboard.press("j")
    await expect(page.locator("#queue-row-2 a")).to_be_focused()
    await page.keyboard.press("k")
    await expect(page.locator("#queue-row-1 a")).to_be_focused()
    await page.close()


async def test_what_came_while_away_is_said_once(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")
    await page.evaluate(
        """() => { Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})
        document.dispatchEvent(new Event('visibilitychange')) }"""
    )
    stage.say("まだですか", "customer")
    stage.say("もしもし", "customer")
    await expect(page.locator("#entry-22")).to_be_attached()
    await expect(page).to_have_title("(2) Desk | Madoguchi")
    await page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("[data-toasts]")).to_have_text("2 new since you were away")
    await expect(page).to_have_title("Desk | Madoguchi")
    await page.close()


async def test_a_pinged_panel_is_fetched_again_and_keeps_the_focus(stage: Stage, browser: Browser) -> None:
    page = await sit_down(browser, stage)
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")
    await page.evaluate("document.querySelector('[data-refetch=inbox]').dataset.src = '/look/desk?lang=ko'")
    await page.focus("#compose-text")
    stage.tell("ping", panel="inbox")
    await expect(page.locator("[data-refetch=inbox] #queue-row-1")).to_contain_text("사토 하나코")
    await expect(page.locator("[data-refetch=queue] #queue-row-4")).to_contain_text("김민지")
    await expect(page.locator("#compose-text")).to_be_focused()
    await page.close()

"""The conversation in a browser: immediate, in order, and nothing said is lost."""

import pytest
from litestar import Response
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.front.ui.stage import Stage
from tests.front.ui.stage import stage as stage

pytestmark = pytest.mark.browser


@pytest.fixture
async def person(browser: Browser) -> BrowserContext:
    return await browser.new_context(viewport={"width": 1000, "height": 700}, locale="ja")


async def enter(person: BrowserContext, stage: Stage) -> Page:
    page = await person.new_page()
    await page.goto(f"{stage.url}/look/room?live")
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")
    return page


async def write(page: Page, text: str) -> None:
    await page.fill("#compose-text", text)
    await page.press("#compose-text", "Enter")


async def texts(page: Page) -> list[str]:
    return list(await page.eval_on_selector_all("#entry-10 ~ .entry .entry-text", "all => all.map(e => e.textContent)"))


async def test_all_tabs_hear_over_one_stream(stage: Stage, person: BrowserContext) -> None:
    one, two = await enter(person, stage), await enter(person, stage)
    stage.say("担当の田中です。")
    for page in (one, two):
        await expect(page.locator("#entry-21")).to_contain_text("田中")
    assert len(stage.streams) == 1
    await one.close()
    stage.say("続きです。")
    await expect(two.locator("#entry-22")).to_contain_text("続き")
    await person.close()


async def test_what_is_sent_shows_once_and_in_order(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    for text in ("一つめ", "二つめ", "三つめ"):
        await write(page, text)
    await expect(page.locator("#entry-23")).to_contain_text("三つめ")
    await expect(page.locator("[data-pending]")).to_have_count(0)
    assert await texts(page) == ["一つめ", "二つめ", "三つめ"]
    await person.close()


async def test_a_lost_answer_stores_nothing_twice(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    stage.lost_answers = 1
    await write(page, "一度だけ")
    await expect(page.locator("#entry-21")).to_contain_text("一度だけ")
    await write(page, "次")
    await expect(page.locator("#entry-22")).to_contain_text("次")
    assert await texts(page) == ["一度だけ", "次"]
    await person.close()


async def test_a_refusal_says_why_and_can_be_sent_again(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    problem = {"title": "x", "detail": "文字をご確認ください。"}
    stage.answers = [Response(problem, status_code=422, media_type="application/problem+json")]
    await write(page, "こんにちは")
    await expect(page.locator(".entry-failed:visible")).to_contain_text("文字をご確認ください。")
    await page.reload()  # words that did not go are still there
    await page.click("[data-resend]")
    await expect(page.locator("#entry-21")).to_contain_text("こんにちは")
    await expect(page.locator("[data-pending]")).to_have_count(0)
    await person.close()


async def test_a_broken_line_is_caught_up(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    stage.cut()
    stage.say("切れているあいだに")
    await expect(page.locator("#entry-21")).to_contain_text("あいだに")
    await person.close()


async def test_an_ended_session_says_so(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    stage.refused = 401
    stage.cut()
    await expect(page.locator("[data-when=refused]")).to_be_visible(timeout=10_000)
    await person.close()


async def test_enter_never_sends_while_composing(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    await page.fill("#compose-text", "へんかん")
    await page.evaluate(
        """document.getElementById('compose-text').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"""
    )
    assert await page.input_value("#compose-text") == "へんかん"
    assert stage.said == []
    await page.reload()
    assert await page.input_value("#compose-text") == "へんかん"  # the draft is kept
    await person.close()


async def test_options_are_pressed_once(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    await page.click("#entry-5 button[value=confirm]")
    await expect(page.locator("#entry-21")).to_contain_text("confirm")
    await expect(page.locator("#entry-5 button[value=keep]")).to_be_disabled()
    assert len(stage.said) == 1
    await person.close()


async def test_typing_and_reading_are_seen(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    stage.tell("typing", who="associate", name="田中")
    await expect(page.locator("[data-typing]")).to_have_text("田中 が入力しています…")
    await write(page, "はい")
    await expect(page.locator("#entry-21")).to_be_visible()
    stage.say("わかりました")
    await expect(page.locator("[data-typing]")).to_be_empty()
    stage.tell("read", who="associate", seq=21)
    await expect(page.locator("#entry-21 + [data-read-mark]")).to_be_visible()
    await expect(page.locator("[data-read-mark] + #entry-22")).to_be_visible()
    assert "typing" in [what for what, _ in stage.told]
    await page.wait_for_timeout(600)
    assert ("read", {"seq": "22"}) in stage.told
    await person.close()


async def test_news_does_not_move_who_reads_above(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    await page.evaluate("document.querySelector('[data-thread]').scrollTop = -400")
    await page.wait_for_timeout(100)
    before = await page.locator("#entry-9").bounding_box()
    stage.say("下に来ました。")
    await expect(page.locator("[data-below]")).to_be_visible()
    after = await page.locator("#entry-9").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2
    await page.click("[data-below]")
    await expect(page.locator("#entry-21")).to_be_in_viewport()
    await expect(page.locator("[data-below]")).to_be_hidden()
    await person.close()


async def test_photos_are_checked_before_they_go(stage: Stage, person: BrowserContext) -> None:
    page = await enter(person, stage)
    await page.set_input_files("#compose-file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    await expect(page.locator("[data-toasts]")).to_contain_text("JPEG")
    large = b"x" * (10 * 1024 * 1024 + 1)
    await page.set_input_files("#compose-file", {"name": "a.png", "mimeType": "image/png", "buffer": large})
    await expect(page.locator("[data-toasts]")).to_contain_text("10 MB")
    assert stage.said == []
    await page.set_input_files("#compose-file", {"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    await expect(page.locator("#entry-21")).to_contain_text("photo")
    await person.close()


async def test_the_widget_opens_on_a_strict_page(stage: Stage, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1000, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{stage.url}/shop")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_be_visible()
    inside = page.frames[1]
    await inside.wait_for_selector("#entry-1")
    await inside.click("[data-embed-close]")
    assert said == []
    await page.close()

"""The conversation in the corner of a shop's page, and in nobody else's."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Frame, Page, expect

from madoguchi.edge.stores.demo.people import Story
from madoguchi.kit.i18n import Reader
from tests.journeys.street import CHANGED_MIND, DESK, NATIVES, Street, write
from tests.web import Site


async def open_widget(page: Page) -> Frame:
    """Press the button at the corner, which the shop's page cannot reach into; the frame that opens."""
    size = page.viewport_size
    assert size
    async with asyncio.timeout(5):
        while len(page.frames) == 1:
            await page.mouse.click(size["width"] - 60, size["height"] - 40)
            await page.wait_for_timeout(200)
    return page.frames[1]


@pytest.mark.browser
@pytest.mark.spoken("ja")
async def test_a_shopper_is_helped_on_the_shops_page(street: Street, lang: str, says: Reader) -> None:
    """Known by the shop's token, the shopper begins with the late parcel and goes as far as the slip."""
    person = NATIVES[lang]
    page = await street.guest(lang, width=DESK)
    await page.goto(f"{street.site.url}/demo/shop?as={person.customer.ref}")
    frame = await open_widget(page)
    async with page.context.expect_page() as beside:  # only the frame's own pages may stand in the frame
        await frame.locator(".order-headline a").first.click()
    assert "/orders/" in (await beside.value).url
    await frame.locator(".order", has_text=person.order(Story.LATE)).get_by_role("button").click()
    await expect(frame.locator(".entry .tracking")).to_be_visible()
    await write(frame, f"{CHANGED_MIND[lang]} {person.order(Story.CANCELLABLE)}")
    await expect(frame.locator(".slip")).to_contain_text(says.t("orders.slip.total"))
    await frame.click("[data-embed-close]")
    await expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith(f"/demo/shop?as={person.customer.ref}")
    await page.reload()
    await expect((await open_widget(page)).locator(".earlier-chat")).to_contain_text(says.t("counter.earlier.title"))


@pytest.mark.browser
async def test_a_foreign_page_cannot_hold_it(site: Site, browser: Browser) -> None:
    page = await browser.new_page()
    async with elsewhere(f'<!doctype html><title>x</title><iframe src="{site.url}/widget"></iframe>') as url:
        async with page.expect_event("requestfailed") as failed:
            await page.goto(url)
        frame = await failed.value
    assert (frame.url, frame.failure) == (f"{site.url}/widget", "net::ERR_BLOCKED_BY_RESPONSE")
    await page.close()


@asynccontextmanager
async def elsewhere(html: str) -> AsyncIterator[str]:
    """Another site, with one page; its address."""

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
        writer.write((head + html).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

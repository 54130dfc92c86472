"""The browser that the tests of pages rely on."""

import pytest
from playwright.async_api import Browser

pytestmark = pytest.mark.browser

# ink of a character drawn alone: what a missing glyph leaves is the same for every character
INK = """character => {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    pen.font = '40px sans-serif';
    pen.fillText(character, 10, 60);
    return canvas.toDataURL();
}"""


async def test_draws_the_four_languages(browser: Browser) -> None:
    page = await browser.new_page()
    drawn = [await page.evaluate(INK, character) for character in ("窓", "简", "한", "W", "\U0010fffd")]
    assert len(set(drawn)) == 5
    await page.close()


async def test_reaches_no_other_host(browser: Browser) -> None:
    page = await browser.new_page()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://shop.example/")
    await page.close()

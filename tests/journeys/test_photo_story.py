"""写真を添える: photos as a phone takes them, too large together, are made smaller before they are sent."""

import os
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import FilePayload, expect

from madoguchi.edge.stores.demo.people import ICHIRO
from madoguchi.kit.i18n import Reader
from tests.front.counter.test_photos import CLEANER
from tests.journeys.street import Street

pytestmark = pytest.mark.browser


def large(name: str, side: int = 2600) -> FilePayload:
    """A photo of several megabytes."""
    out = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(out, "JPEG", quality=85)
    return FilePayload(name=name, mimeType="image/jpeg", buffer=out.getvalue())


@pytest.mark.spoken("ja")
async def test_two_photos_too_large_for_one_post(street: Street, lang: str, says: Reader) -> None:
    site = street.site
    photos = [large("front.jpg"), large("back.jpg")]
    assert sum(len(photo["buffer"]) for photo in photos) > site.services.settings.upload_limit
    page = await street.customer(ICHIRO, lang)
    order = site.value("select id from orders where store_ref = %s", CLEANER)
    await page.goto(f"{site.url}/orders/{order}/actions/item.replace")
    await page.locator('input[name="lines[1]"]').check()
    await page.get_by_label(says.t("claims.problem.damaged")).check()
    await page.locator("input[type=file]").set_input_files(photos)
    go_on = page.get_by_role("button", name=says.t("counter.action.next"))
    await expect(go_on).to_be_enabled()
    await go_on.click()
    slip = page.locator(".slip")
    await expect(slip.locator(".slip-photos img")).to_have_count(2)
    assert site.value("select max(greatest(width, height)) from photos") == 2048
    await slip.locator(".primary").click()
    await expect(page.locator(".slip-photos img")).to_have_count(2)

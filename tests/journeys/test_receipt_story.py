"""領収書がほしい: a customer gets a receipt as a sheet and as PDF, from the page and in the chat."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from pypdf import PdfReader

from madoguchi.edge.stores.demo.people import MISAKI, Story
from madoguchi.kit.i18n import NAMES, Reader
from tests.journeys.street import NATIVES, Street, write

COMPANY = "株式会社 青葉"
WANTS_A_RECEIPT = {
    "ja": "領収書がほしいです",
    "en": "I need a receipt",
    "zh": "我需要收据",
    "ko": "영수증이 필요해요",
}


async def downloaded(page: Page, link: str) -> tuple[str, str]:
    """What a link gives: the name of its file, and the words in it."""
    async with page.expect_download() as started:
        await page.get_by_role("link", name=link).click()
    file = await started.value
    path = Path(await file.path())
    return file.suggested_filename, "".join(sheet.extract_text() for sheet in PdfReader(path).pages)


@pytest.mark.browser
@pytest.mark.spoken("ja", alone=True)
async def test_a_receipt_and_another(street: Street, says: Reader) -> None:
    """From the order's page, made out to a company; nothing but the sheet is printed, and the PDF says the same."""
    order = street.site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    page = await street.customer(MISAKI, "ja")
    title = says.t("receipts.title.receipt")
    for company, again in ((COMPANY, False), (f"{COMPANY} 経理部", True)):
        await page.goto(f"{street.site.url}/orders/{order}")
        await page.get_by_role("link", name=says.t("actions.order.receipt.name")).click()
        await page.get_by_label(says.t("actions.order.receipt.field.addressee")).fill(company)
        await page.get_by_role("button", name=says.t("actions.order.receipt.name")).click()
        sheet = page.locator(".sheet")
        await expect(sheet.locator("h1")).to_have_text(title)
        await expect(sheet).to_contain_text(says.t("receipts.to.company", name=company))
        await expect(sheet.get_by_text(says.t("receipts.again"), exact=True)).to_have_count(int(again))
        number = await sheet.locator("dd").first.inner_text()
        name, words = await downloaded(page, says.t("receipts.file", language=NAMES["ja"]))
        assert name == f"{title}_{number}.pdf"
        assert number in words
        assert says.t("receipts.to.company", name=company) in words
        assert (says.t("receipts.again") in words) == again
    await page.emulate_media(media="print")
    await expect(page.locator(".actions")).to_be_hidden()
    await expect(sheet).to_be_visible()


@pytest.mark.browser
@pytest.mark.spoken("en")
async def test_asked_for_in_the_chat(street: Street, says: Reader, lang: str) -> None:
    """The name is asked for, and the answer is the document in the issuer's language and the customer's."""
    person = NATIVES[lang]
    page = await street.customer(person, lang)
    await page.goto(f"{street.site.url}/chat")
    await page.get_by_role("button", name=says.t("counter.home.start")).click()
    await write(page, f"{WANTS_A_RECEIPT[lang]} {person.order(Story.LATE)}")
    await expect(page.get_by_text(says.t("actions.order.receipt.field.addressee")).last).to_be_visible()
    await write(page, "Aoba Trading Inc.")
    for spoken in ("ja", lang):
        name, words = await downloaded(page, says.t("receipts.file", language=NAMES[spoken]))
        assert name.startswith(says.t("receipts.title.receipt"))
        assert Reader(spoken).t("receipts.to.company", name="Aoba Trading Inc.") in words

"""Receipts at the counter: asked for on the order's page, shown as a sheet and as PDF, seen by nobody else."""

from io import BytesIO
from urllib.parse import quote
from uuid import UUID

import pytest
from pypdf import PdfReader

from madoguchi.edge.stores.demo.people import FANG, KENTA, MISAKI, Story
from madoguchi.kit.i18n import LANGUAGES, NAMES, Reader
from tests.front.counter.customer import Customer, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

NUMBER = "T3010401000000"


async def asked(site: Site, customer: Customer, **more: str) -> str:
    """The address of a receipt for 佐藤さん's delivered order."""
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    await customer.post(f"/orders/{order}/actions/order.receipt", {"addressee": "株式会社 青葉", **more})
    assert customer.page.url.path.startswith("/receipts/")
    return customer.page.url.path


def read(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_receipt_is_issued_and_found_again(site: Site, lang: str) -> None:
    says, customer = Reader(lang), await signed_in(site, MISAKI, lang)
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    page = (await customer.get(f"/orders/{order}")).text
    assert f"/orders/{order}/actions/order.receipt" in page
    assert says.t("receipts.documents") not in page
    receipt = await asked(site, customer, addressee="<b>窓口</b>")
    assert says.t("receipts.to", name="&lt;b&gt;窓口&lt;/b&gt;") in customer.page.text
    assert NUMBER in customer.page.text
    for path in (f"/orders/{order}", "/messages"):
        assert f'href="{receipt}"' in (await customer.get(path)).text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_its_pdf_comes_in_the_issuers_language_and_the_readers(site: Site, lang: str) -> None:
    says, customer = Reader(lang), await signed_in(site, MISAKI, lang)
    receipt = await asked(site, customer)
    sheet = customer.page.text
    number = site.value("select number from receipts")
    for spoken in {"ja", lang}:
        assert f'href="{receipt}/pdf?lang={spoken}"' in sheet
        assert says.t("receipts.file", language=NAMES[spoken]) in sheet
        got = await customer.get(f"{receipt}/pdf?lang={spoken}")
        assert got.headers["content-type"] == "application/pdf"
        assert got.headers["cache-control"] == "no-store"
        named = quote(f"{says.t('receipts.title.receipt')}_{number}.pdf", safe="")
        assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{named}"
        text = read(got.content)
        assert Reader(spoken).t("receipts.title.receipt") in text
        assert NUMBER in text
        assert number in text


async def test_without_a_word_it_is_in_the_form_that_law_knows(site: Site) -> None:
    customer = await signed_in(site, MISAKI, "ko")
    receipt = await asked(site, customer)
    assert "株式会社 青葉 御中" in read((await customer.get(f"{receipt}/pdf")).content)
    assert (await customer.get(f"{receipt}/pdf?lang=xx")).status_code == 400


async def test_it_is_nobody_elses(site: Site) -> None:
    receipt = await asked(site, await signed_in(site, MISAKI, "ja"))
    stranger = await signed_in(site, FANG, "ja")
    for path in (receipt, f"{receipt}/pdf"):
        assert (await stranger.get(path)).status_code == 404
    guest = await site.client()
    assert b"%PDF" not in (await guest.get(f"{receipt}/pdf")).content


async def test_pressed_twice_it_is_issued_once(site: Site) -> None:
    customer = await signed_in(site, MISAKI, "ja")
    assert await asked(site, customer) == await asked(site, customer)
    again = await asked(site, customer, addressee="佐藤 美咲")
    assert "再発行" in (await customer.get(again)).text
    assert site.value("select count(*) from receipts") == 2


async def test_what_is_missing_is_said(site: Site) -> None:
    customer = await signed_in(site, MISAKI, "ja")
    order: UUID = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    await customer.post(f"/orders/{order}/actions/order.receipt", {"addressee": " ", "note": "書籍代"})
    assert Reader("ja").t("errors.field_missing") in customer.page.text
    assert 'value="書籍代"' in customer.page.text
    assert site.value("select count(*) from receipts") == 0


async def test_what_was_not_paid_has_none(site: Site) -> None:
    customer = await signed_in(site, KENTA, "ja")
    order = site.value("select id from orders where store_ref = %s", KENTA.order(Story.PENDING_PAYMENT))
    page = await customer.get(f"/orders/{order}/actions/order.receipt")
    assert Reader("ja").t("errors.receipt_unpaid") in page.text

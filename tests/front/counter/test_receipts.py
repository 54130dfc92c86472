"""The pages of a receipt: asked for on the order's page, shown as a sheet, seen by nobody else."""

import re

import pytest

from madoguchi.edge.stores.demo.people import FANG, MISAKI, Story
from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.front.counter.customer import signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_receipt_is_issued_and_found_again(site: Site, lang: str) -> None:
    says, customer = Reader(lang), await signed_in(site, MISAKI, lang)
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    await customer.get(f"/orders/{order}")
    assert f"/orders/{order}/receipt" in customer.page.text
    await customer.get(f"/orders/{order}/receipt")
    (id,) = re.findall(r'name="id" value="([^"]+)"', customer.page.text)
    await customer.post(f"/orders/{order}/receipt", {"id": id, "addressee": "<b>窓口</b>", "note": ""})
    assert customer.page.url.path == f"/receipts/{id}"
    assert says.t("receipts.to", name="&lt;b&gt;窓口&lt;/b&gt;") in customer.page.text
    assert "T3010401000000" in customer.page.text
    assert f"/receipts/{id}" in (await customer.get(f"/orders/{order}/receipt")).text
    stranger = await signed_in(site, FANG, lang)
    for path in (f"/receipts/{id}", f"/orders/{order}/receipt"):
        assert (await stranger.get(path)).status_code == 404


async def test_what_is_missing_is_said(site: Site) -> None:
    customer = await signed_in(site, MISAKI, "ja")
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    await customer.get(f"/orders/{order}/receipt")
    (id,) = re.findall(r'name="id" value="([^"]+)"', customer.page.text)
    await customer.post(f"/orders/{order}/receipt", {"id": id, "addressee": " ", "note": "書籍代"})
    assert Reader("ja").t("errors.receipt_addressee") in customer.page.text
    assert 'value="書籍代"' in customer.page.text

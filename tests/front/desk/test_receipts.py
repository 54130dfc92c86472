"""Receipts at the desk: issued on a customer's behalf, put into the conversation, found on the pane, read as PDF."""

from io import BytesIO

from pypdf import PdfReader

from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from tests.front.counter.customer import signed_in
from tests.front.desk.associate import at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

PAID, OTHERS = "MD-10233915", "MD-10234520"


async def test_a_receipt_goes_into_the_conversation(site: Site) -> None:
    caller = await in_line(site, MISAKI, "領収書がほしいです")
    aoi = await at_desk(site, "田中 葵")
    await aoi.take(caller.case_id)
    order = await order_of(site, PAID)
    wanted = {"action": "order.receipt", "order_id": order, "filled": 1, "addressee": "株式会社 青葉"}
    for _ in range(2):  # a double click
        page = await aoi.post(f"/desk/cases/{caller.case_id}/quotes", wanted)
        assert page.status_code == 200
    receipt = site.value("select id from receipts")
    assert site.value("select count(*) from entries where body->'card'->>'type' = 'document'") == 1
    chat = (await (await signed_in(site, MISAKI, "ja")).get(f"/chat/{caller.case_id}")).text
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order}")).text
    for seen in (chat, pane):
        assert f'href="/receipts/{receipt}/pdf?lang=ja"' in seen
    content = (await aoi.get(f"/receipts/{receipt}/pdf")).content
    assert "株式会社 青葉 御中" in "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert (await aoi.get(f"/receipts/{receipt}")).status_code == 403  # the customer's own page


async def test_only_for_the_case_s_customer(site: Site) -> None:
    caller = await in_line(site, MISAKI, "領収書がほしいです")
    await in_line(site, KENTA, "領収書がほしいです")
    aoi = await at_desk(site, "田中 葵")
    await aoi.take(caller.case_id)
    wanted = {"action": "order.receipt", "order_id": await order_of(site, OTHERS), "filled": 1, "addressee": "青葉"}
    assert (await aoi.send(f"/desk/cases/{caller.case_id}/quotes", wanted)).status_code == 404
    assert site.value("select count(*) from receipts") == 0

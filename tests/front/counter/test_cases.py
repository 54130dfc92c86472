"""Inquiries and messages, as their customer reads them."""

from uuid import uuid4

from madoguchi.edge.stores.demo.people import MISAKI, YOKO
from tests.front.counter.customer import guest, id_of, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_an_inquiry_says_what_happens_and_leads_back(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    assert "お問い合わせはまだありません" in (await customer.get("/cases")).text
    room = await customer.begin(reason="service.human")
    await customer.until("/cases", "順番をお待ちです")
    page = await customer.get(customer.link("/cases/[0-9a-f-]{36}"))
    number = site.value("select number from cases where id = %s", id_of(room))
    assert str(number) in page.text
    assert 'id="compose-text"' not in page.text
    assert customer.link("/chat/[0-9a-f-]{36}") == room
    await customer.get(room)
    await customer.post(f"{room}/end")
    assert "終了しました" in (await customer.get(f"/cases/{id_of(room)}")).text


async def test_the_transcript_waits_in_the_message_centre(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    assert "メッセージはまだありません" in (await customer.get("/messages")).text
    room = await customer.begin(text="こんにちは")
    await customer.post(f"{room}/end")
    await customer.until("/messages", "未読")
    assert "未読のメッセージが1件" in (await customer.get("/")).text
    await customer.get("/messages")
    page = await customer.get(customer.link("/messages/[0-9a-f-]{36}"))
    assert "こんにちは" in page.text
    assert "確認コード" in page.text
    assert "未読のメッセージはありません" in (await customer.get("/")).text


async def test_a_mail_s_link_asks_a_stranger_who_they_are(site: Site) -> None:
    visitor = await guest(site)
    for path in (f"/messages/{uuid4()}", f"/chat/{uuid4()}", f"/cases/{uuid4()}", f"/cases/{uuid4()}/survey"):
        page = await visitor.get(path)
        assert page.url.path == "/identify"
        assert visitor.field("next") == path


async def test_looking_at_the_survey_records_nothing(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    room = await customer.begin(text="こんにちは")
    await customer.post(f"{room}/end")
    await customer.until(room, 'name="rating"')
    for _ in range(5):
        assert (await customer.get(f"/cases/{id_of(room)}/survey")).status_code == 200
    assert site.value("select count(*) from surveys where rating is null and at is null") == 1

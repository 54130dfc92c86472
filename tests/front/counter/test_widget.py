"""The chat in the frame of a shop's page, and the loader that makes the frame."""

from uuid import uuid4

from madoguchi.edge.stores.demo.people import MISAKI
from tests.front.counter.customer import guest, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_the_loader_has_an_address_that_stays(site: Site) -> None:
    visitor = await guest(site)
    loader = await visitor.http.get("/widget.js")
    assert loader.status_code == 200
    assert loader.headers["content-type"].startswith("text/javascript")
    assert loader.headers["cache-control"] == "public, max-age=300"
    assert loader.headers["access-control-allow-origin"] == "*"
    assert loader.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in loader.headers
    assert len(loader.content) < 30_000


async def test_only_the_frame_may_be_framed(site: Site) -> None:
    visitor = await guest(site)
    framed, plain = await visitor.http.get("/widget"), await visitor.http.get("/")
    assert "frame-ancestors 'self'" in framed.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]


async def test_the_frame_speaks_the_shop_s_language_and_knows_only_allowed_shops(site: Site) -> None:
    visitor = await guest(site)
    page = await visitor.get("/widget?lang=ko&shop=https://elsewhere.example")
    assert '<html lang="ko"' in page.text
    assert 'data-shop-origin=""' in page.text
    page = await visitor.get(f"/widget?lang=en&shop={site.url}")
    assert '<html lang="ko"' in page.text, "what was chosen stays"
    assert f'data-shop-origin="{site.url}"' in page.text


async def test_a_chat_in_the_frame_stays_in_the_frame(site: Site) -> None:
    visitor = await guest(site)
    room = await visitor.begin("/widget", reason="order.cancel")
    assert room.startswith("/widget/chat/")
    page = await visitor.post(f"{room}/entries", {"client_id": uuid4(), "text": "人と話したい"})
    assert page.url.path == room
    await visitor.until(room, "担当者におつなぎしています")
    assert (await visitor.get(room.removeprefix("/widget"))).status_code == 200, "and opens as a full page"
    page = await visitor.get("/widget")
    assert "以前のチャットを続けますか" in page.text
    page = await visitor.get(f"/widget/chat/{uuid4()}")
    assert page.url.path == "/widget/identify"


async def test_the_frame_opens_with_the_late_parcel(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    page = await customer.get("/widget")
    assert "お届けが遅れており" in page.text


async def test_who_signs_in_within_the_frame_stays_on_the_shop_s_page(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get(f"/widget?lang=ja&shop={site.url}")
    fields = {"token": site.shop_token(MISAKI), "next": visitor.field("next")}
    page = await visitor.post("/widget/session", fields, origin=site.url)
    assert page.url.path == "/widget"
    assert f'data-shop-origin="{site.url}"' in page.text
    assert "お届けが遅れており" in page.text

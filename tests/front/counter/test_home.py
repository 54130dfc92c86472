"""The first page, and how somebody wants to read."""

from madoguchi.edge.stores.demo.people import MIDORI, MISAKI, YOKO
from tests.front.counter.customer import guest, signed_in
from tests.front.warehouse.worker import sent_back
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


async def test_a_guest_sees_what_can_be_done_without_anything_being_kept(site: Site) -> None:
    before = site.counts()
    page = await (await guest(site)).get("/")
    assert "どのようなご用件でしょうか" in page.text
    assert "注文のキャンセル" in page.text
    assert "担当者と話す" in page.text
    assert 'href="/identify"' in page.text
    assert site.counts() == before


async def test_a_customer_sees_the_late_parcel_first(site: Site) -> None:
    page = (await signed_in(site, MISAKI)).page
    assert f"{MISAKI.customer.name} 様" in page.text
    assert "お届けが遅れており" in page.text
    assert page.text.index("お届けが遅れており") == page.text.index("お届け")
    assert page.text.count("この注文について相談する") == 3
    assert page.text.count('class="primary button"') == 1, "the next step is the only filled button"


async def test_open_cases_stand_there_in_one_sentence(site: Site) -> None:
    customer = await signed_in(site, YOKO)
    await customer.begin(reason="service.human")
    await customer.get("/")
    assert "以前のチャットを続けますか" in customer.page.text
    assert "自動応答がご案内しています" in customer.page.text or "順番をお待ちです" in customer.page.text


async def test_what_is_under_way_stands_before_the_orders(site: Site) -> None:
    of = await sent_back(site, DRINKS, lines={"2": 1}, reason="mistake", condition="unopened", method="own")
    page = (await signed_in(site, MIDORI)).page
    assert f'href="/returns/{of.id}"' in page.text
    assert page.text.index("発送待ち") < page.text.index("最近のご注文")
    assert site.value("update returns set state = 'settled' where id = %s returning 1", of.id)
    assert "発送待ち" not in (await signed_in(site, MIDORI)).page.text


async def test_the_language_can_be_changed_at_any_time(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/")
    for lang, word in _GREETINGS.items():
        page = await visitor.post("/settings/display", {"lang": lang, "next": "/"})
        assert word in page.text
        assert word in (await visitor.get("/")).text


DRINKS = "MD-10233702"
_GREETINGS = {
    "en": "How can we help?",
    "zh": "请问需要什么帮助？",
    "ko": "무엇을 도와드릴까요?",
    "ja": "どのようなご用件でしょうか",
}


async def test_the_session_speaks_the_chosen_language_too(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    page = await customer.post("/settings/display", {"lang": "en", "next": "/orders"})
    assert page.url.path == "/orders"
    assert '<html lang="en"' in page.text
    assert site.value("select count(*) from sessions where locale = 'en'") == 1


async def test_large_letters_are_remembered(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/")
    page = await visitor.post(
        "/settings/display", {"text": "1.5", "theme": "dark", "contrast": "more", "next": "/help"}
    )
    assert 'data-theme="dark" data-contrast="more" data-text="1.5"' in page.text
    answer = await visitor.send("/settings/display", {"text": "1.25"}, accept="application/json")
    assert answer.status_code == 204
    assert 'data-theme="dark" data-contrast="more" data-text="1.25"' in (await visitor.get("/help")).text


async def test_a_wish_we_do_not_know_is_refused(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/")
    for wish in ({"lang": "xx"}, {"text": "9"}, {"theme": "pink"}, {"colour": "red"}):
        assert (await visitor.send("/settings/display", dict(wish))).status_code == 422


async def test_next_leads_nowhere_else(site: Site) -> None:
    visitor = await guest(site)
    await visitor.get("/")
    for next_ in ("https://a.example/", "//a.example", "/\\a.example", "javascript:alert(1)", "/\t/a", "/\r\nx: y"):
        answer = await visitor.send("/settings/display", {"text": "1", "next": next_})
        assert answer.headers["location"] == "/"


async def test_every_reason_can_be_found(site: Site) -> None:
    page = await (await guest(site)).get("/help")
    assert page.text.count('name="reason"') > 60
    assert "アカウントと安全" in page.text

"""Any action as a page: every kind of field, what is wrong said where it is wrong, and what was typed kept."""

import re
from html import unescape
from typing import Any

import pytest

from madoguchi.edge.stores.demo.people import MISAKI, YOKO, Story
from tests.everything import NAME, everything
from tests.front.counter.customer import Customer, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

GOOD: dict[str, object] = {
    "size": "large",
    "extras[ribbon]": "1",
    "lines[1]": "２",
    "lines[2]": "0",
    "items[1]": "KT-BLUE",
    "title": "お祝い",
    "note": "一行目\r\n二行目",
    "amount": "１，２００円",
    "address[name]": "佐藤 美咲",
    "address[kana]": "さとう みさき",
    "address[postal_code]": "〒１５００００２",
    "address[region]": "東京都",
    "address[city]": "渋谷区",
    "address[line1]": "渋谷1-2-3",
    "address[line2]": "窓口ビル 4F",
    "address[phone]": "03-1234-5678",
    "address[country]": "JP",
    "bank[bank]": "みずほ銀行",
    "bank[branch]": "渋谷支店",
    "bank[kind]": "ordinary",
    "bank[number]": "1234567",
    "bank[holder]": "サトウ ミサキ",
}


async def _open(site: Site, monkeypatch: pytest.MonkeyPatch, lang: str = "ja") -> tuple[Customer, str]:
    everything(monkeypatch, site.services.catalogue)
    customer = await signed_in(site, MISAKI, lang)
    order = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.CANCELLABLE))
    path = f"/orders/{order}/actions/{NAME}"
    await customer.get(path)
    return customer, path


def _names(html: str) -> set[str]:
    main = html.partition("<main")[2]
    return {unescape(name) for name in re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', main)} - {"csrf"}


async def test_a_form_has_an_input_for_every_value(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    text = customer.page.text
    assert customer.link(path) == path, "and posts to itself"
    assert _names(text) >= GOOD.keys()
    assert 'value="150-0001"' in text, "what is known is filled in"
    assert "+200円" in text, "a variant says the difference it makes"
    assert "-300円" in text
    assert text.count("data-off") == 3, "what cannot be chosen says why"
    assert 'value="huge"' not in text


async def test_what_was_filled_in_reaches_the_action(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    page = await customer.post(path, GOOD)
    assert page.url.path.startswith("/quotes/"), page.text
    given: Any = site.value("select draft->'plan' from quotes")
    assert given["lines"] == {"1": 2}
    assert given["items"] == {"1": "KT-BLUE"}
    assert (given["size"], given["extras"], given["amount"]["amount"]) == ("large", ["ribbon"], 1200)
    assert given["address"]["postal_code"] == "150-0002"
    assert given["address"]["lines"] == ["渋谷1-2-3", "窓口ビル 4F"]
    assert given["bank"]["holder"] == "サトウ ミサキ"

    again = await customer.get(customer.link(rf"{path}\?quote=[0-9a-f-]+"))
    assert 'value="渋谷区"' in again.text, "changing an answer begins with the others as they are"
    assert re.search(r'value="KT-BLUE" checked', again.text)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"size": ""}, "size"),
        ({"size": "huge"}, "size"),
        ({"extras[bow]": "1"}, "extras"),
        ({"lines[1]": "0", "lines[2]": ""}, "lines"),
        ({"lines[1]": "99"}, "lines"),
        ({"items[1]": "KT-GREEN"}, "items"),
        ({"title": "x" * 11}, "title"),
        ({"note": "x" * 51}, "note"),
        ({"amount": "5001"}, "amount"),
        ({"address[postal_code]": "123"}, "address-postal_code"),
        ({"address[line1]": ""}, "address-line1"),
        ({"address[region]": ""}, "address-region"),
        ({"bank[number]": "12345678"}, "bank-number"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_wrong_is_said_where_it_is_wrong(
    site: Site, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object], where: str
) -> None:
    customer, path = await _open(site, monkeypatch)
    before = site.counts()
    answer = await customer.send(path, GOOD | wrong)
    assert answer.status_code in {409, 422}
    assert f'href="#f-{where}"' in answer.text, "the summary leads there"
    assert f'id="f-{where}"' in answer.text
    assert f'id="f-{where}-error"' in answer.text
    kept = "2営業日" if where == "title" else "お祝い"
    assert kept in answer.text, "what was typed is not lost"
    assert site.counts() == before


async def test_all_mistakes_are_told_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    wrong = {"size": "", "amount": "lots", "address[city]": "", "address[postal_code]": "1"}
    answer = await customer.send(path, GOOD | wrong)
    for where in ("size", "amount", "address-city", "address-postal_code"):
        assert f'href="#f-{where}"' in answer.text


async def test_what_nobody_asked_for_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    assert (await customer.send(path, GOOD | {"discount": "100"})).status_code == 422
    assert (await customer.send(path, GOOD | {"address[planet]": "Mars"})).status_code == 422


@pytest.mark.parametrize("path", ["/me/actions/order.cancel", "/subscriptions/S-1/actions/order.cancel"])
async def test_an_action_stands_only_on_what_it_is_about(site: Site, path: str) -> None:
    customer = await signed_in(site, MISAKI)
    assert (await customer.get(path)).status_code == 404


async def test_a_look_up_needs_no_form(site: Site) -> None:
    customer, order = await signed_in(site, YOKO), "select id from orders where store_ref = 'MD-10234360'"
    page = await customer.get(f"/orders/{site.value(order)}/parcels/S1/actions/delivery.options")
    main = page.text.partition("<main")[2]
    assert "受け取り方：置き配（玄関前）" in main
    assert "/actions/delivery.redeliver" in main
    assert "<form" not in main.partition("</main")[0]


async def test_a_chat_hears_how_it_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    room = await customer.begin(text="こんにちは")
    chat = room.rpartition("/")[2]
    await customer.get(f"{path}?chat={chat}")
    await customer.post(f"{path}?chat={chat}", GOOD)
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    await site.quiet()
    assert f"{NAME} done" in (await customer.get(room)).text


async def test_the_order_page_lists_what_can_be_done_and_why_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, path = await _open(site, monkeypatch)
    page = await customer.get(path.partition("/actions")[0])
    assert f'href="{path}"' in page.text
    assert f"{NAME} lead" in page.text

"""Orders by pages: what can be done and why not, cancelling from the choice to the seal."""

import re
from datetime import timedelta
from uuid import uuid4

from madoguchi.edge.stores.demo.people import EMMA, MISAKI, Person
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.front.counter.customer import Customer, guest, signed_in
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


def order_of(site: Site, person: Person, state: str) -> str:
    """The path of an order of this person in this state."""
    found = site.value(
        """select o.id from orders o join customers c on c.id = o.customer_id
           where c.store_ref = %s and o.state = %s order by o.id limit 1""",
        person.customer.ref,
        state,
    )
    return f"/orders/{found}"


async def test_orders_come_newest_first(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    page = await customer.get("/orders")
    ids = re.findall(r'href="/orders/([0-9a-f-]{36})"', page.text)
    placed = [site.value("select placed_at from orders where id = %s", id) for id in ids]
    assert placed == sorted(placed, reverse=True)
    assert len(ids) == len(MISAKI.order_refs)
    older = await customer.get(f"/orders?before={ids[0]}")
    assert ids[0] not in re.findall(r'href="/orders/([0-9a-f-]{36})"', older.text)


async def test_who_is_not_known_is_asked_and_comes_back(site: Site) -> None:
    visitor = await guest(site)
    page = await visitor.get(order_of(site, MISAKI, "paid"))
    assert page.url.path == "/identify"
    assert visitor.field("next").startswith("/orders/")


async def test_a_shipped_order_says_why_not_and_what_else(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    page = await customer.get(order_of(site, MISAKI, "shipped"))
    assert "すでに発送しているため、キャンセルは承れません" in page.text
    assert 'value="return.start"' in page.text
    assert "/actions/order.cancel" not in page.text


async def _quote(customer: Customer, path: str, **fields: object) -> None:
    await customer.get(f"{path}/actions/order.cancel")
    lines = dict(re.findall(r'name="(lines\[[^"]+\])" value="(\d+)"', customer.page.text))
    choices = re.findall(r'<select name="(lines\[[^"]+\])">.*?value="(\d+)" selected', customer.page.text)
    fields = {"reason": "no_longer_needed"} | fields
    await customer.post(f"{path}/actions/order.cancel", {**lines, **dict(choices), **fields})


async def test_cancelling_changes_order_ledger_and_message_centre_once(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    path = order_of(site, MISAKI, "paid")
    await _quote(customer, path)
    assert customer.page.url.path.startswith("/quotes/")
    assert "返金の合計" in customer.page.text
    assert "元に戻せません" in customer.page.text
    assert site.value("select count(*) from requests") == 0, "nothing has happened yet"
    confirm, token = customer.link("/quotes/[0-9a-f-]+/confirm"), customer.field("token")
    page = await customer.post(confirm, {"token": token})
    assert page.url.path.startswith("/requests/")
    assert "お手続きが完了しました" in page.text
    assert "手続き完了" in page.text
    again = await customer.post(confirm, {"token": token})
    assert again.url == page.url
    assert site.value("select count(*) from requests") == 1
    assert site.value("select state from orders where id = %s", path.rpartition("/")[2]) == "cancelled"
    assert "キャンセル済み" in (await customer.get(path)).text
    await customer.until("/messages", "キャンセルが完了しました")
    page = await customer.get(customer.link("/messages/[0-9a-f-]{36}"))
    assert f"{MISAKI.customer.name} 様" in page.text


async def test_some_lines_go_and_the_rest_stays(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    path = order_of(site, MISAKI, "paid")
    await customer.get(f"{path}/actions/order.cancel")
    (ref,) = re.findall(r'name="lines\[([^"]+)\]" value="1" checked', customer.page.text)
    page = await customer.post(f"{path}/actions/order.cancel", {f"lines[{ref}]": 1, "reason": "other"})
    assert "ご注文の一部キャンセル" in page.text
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    order = path.rpartition("/")[2]
    assert site.value("select state from orders where id = %s", order) == "paid"
    assert site.value("select sum(cancelled) from ledger_lines where order_id = %s", order) == 1


_BAD: list[tuple[dict[str, object], str]] = [
    ({"reason": "", "lines[1]": "1"}, "ご記入またはご選択ください"),
    ({"reason": "no_longer_needed", "lines[nothing]": "1"}, "ご注文にない商品"),
    ({"reason": "no_longer_needed"}, "商品をお選びください"),
    ({"reason": "no_longer_needed", "lines[1]": "99"}, "数量は1〜"),
    ({"reason": "no_longer_needed", "lines[1]": "many"}, "数量は1〜"),
    ({"reason": "no_longer_needed", "lines": "1"}, "内容を読み取れませんでした"),
    ({"reason": "no_longer_needed", "amount": "1"}, "読み取れない項目"),
]


async def test_what_cannot_be_is_told_on_the_same_page(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    path = order_of(site, MISAKI, "paid")
    await customer.get(f"{path}/actions/order.cancel")
    before = site.counts()
    for fields, words in _BAD:
        answer = await customer.send(f"{path}/actions/order.cancel", fields)
        assert answer.status_code == 422, fields
        assert words in answer.text
    assert site.counts() == before


async def test_an_old_quote_is_not_confirmed_but_made_anew(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    await _quote(customer, order_of(site, MISAKI, "paid"))
    confirm, token = customer.link("/quotes/[0-9a-f-]+/confirm"), customer.field("token")
    with clock.frozen(NOW + timedelta(minutes=6)):
        page = await customer.post(confirm, {"token": token})
        assert page.status_code == 409
        assert "確認から時間がたちました" in page.text
        assert customer.field("token") != token, "the page carries a new one"
    with clock.frozen(NOW + timedelta(minutes=16)):
        page = await customer.post(confirm, {"token": token})
        assert page.status_code == 409
        assert "最新の内容を確認する" in page.text
    assert site.value("select count(*) from requests") == 0


async def test_a_forged_confirmation_confirms_nothing(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    await _quote(customer, order_of(site, MISAKI, "paid"))
    for token in ("", "x", "eyJ.x"):
        page = await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": token})
        assert page.status_code == 409
    assert site.value("select count(*) from requests") == 0


async def test_a_confirmation_belongs_to_its_session(site: Site) -> None:
    here, there = await signed_in(site, MISAKI), await signed_in(site, MISAKI)
    await _quote(here, order_of(site, MISAKI, "paid"))
    confirm, token = here.link("/quotes/[0-9a-f-]+/confirm"), here.field("token")
    assert (await there.post(confirm, {"token": token})).status_code == 409
    assert site.value("select count(*) from requests") == 0


async def test_an_english_reader_reads_english(site: Site) -> None:
    customer = await signed_in(site, EMMA, "en")
    await _quote(customer, order_of(site, EMMA, "paid"))
    assert "Nothing changes until you confirm" in customer.page.text
    page = await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    assert "<h1>Done</h1>" in page.text


async def test_an_order_that_is_not_there(site: Site) -> None:
    customer = await signed_in(site, MISAKI)
    for path in ("/orders/{}", "/orders/{}/actions/order.cancel", "/quotes/{}", "/requests/{}"):
        assert (await customer.get(path.format(uuid4()))).status_code == 404

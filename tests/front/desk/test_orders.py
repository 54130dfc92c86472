"""Order actions at the desk: the slip, the one confirmation, the customer's own orders only."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import KENTA, MISAKI
from madoguchi.kit import clock
from tests.conftest import NOW
from tests.everything import NAME, everything, form
from tests.front.desk.associate import Associate, Caller, at_desk, in_line, order_of
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

CANCELLABLE = "MD-10234602"


async def talking(site: Site, name: str = "田中 葵") -> tuple[Associate, Caller]:
    """An associate who has a case of 佐藤さん open."""
    caller = await in_line(site, MISAKI, "キャンセルしたいです")
    aoi = await at_desk(site, name)
    await aoi.take(caller.case_id)
    return aoi, caller


async def ask(site: Site, associate: Associate, case_id: UUID, number: str = CANCELLABLE, **more: object) -> None:
    order_id = await order_of(site, number)
    await associate.post(f"/desk/cases/{case_id}/quotes", {"action": "order.cancel", "order_id": order_id} | more)


async def line_of(site: Site, sku: str) -> str:
    """The store's name for a line of CANCELLABLE."""
    found = """select l->>'ref' from orders, jsonb_array_elements(document->'lines') l
               where store_ref = %s and l->>'sku' = %s"""
    return str(site.value(found, CANCELLABLE, sku))


def token(associate: Associate) -> str:
    found = re.search(r'name="token" value="([^"]+)"', associate.page.text)
    assert found
    return found[1]


async def test_a_slip_then_one_confirmation_then_it_is_done(site: Site) -> None:
    aoi, caller = await talking(site)
    await ask(site, aoi, caller.case_id)
    quote = aoi.page.url.path
    assert "19,500円" in aoi.page.text
    assert site.value("select count(*) from requests") == 0
    page = await aoi.post(f"{quote}/confirmation", {"token": token(aoi)})
    assert page.status_code == 200
    assert page.url.path == f"/desk/cases/{caller.case_id}"
    assert "キャンセルが完了しました" in page.text
    assert site.value("select state from requests") == "done"
    assert site.value("select actor_role from requests") == "associate"
    assert site.value("select count(*) from entries where case_id = %s and kind = 'action'", caller.case_id) == 1
    assert site.value("select reason from cases where id = %s", caller.case_id) == "order.cancel"


async def test_confirmed_twice_it_is_done_once(site: Site) -> None:
    aoi, caller = await talking(site)
    await ask(site, aoi, caller.case_id)
    quote, held = aoi.page.url.path, token(aoi)
    for _ in range(2):
        assert (await aoi.send(f"{quote}/confirmation", {"token": held})).status_code == 303
    assert site.value("select count(*) from requests") == 1


async def test_what_follows_from_a_form_is_asked_in_it_next(site: Site) -> None:
    """An associate sends a sweater back for the customer: why is known first, then how."""
    aoi, caller = await talking(site)
    told = {"action": "order.return", "filled": 1, "lines[1]": "1", "reason": "size", "condition": "unopened"}
    order = await order_of(site, "MD-10233915")
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order}")).text
    form = pane.partition('value="order.return"')[2].partition("</form>")[0]
    assert 'name="reason"' in form
    assert 'name="method"' not in form
    page = (await aoi.post(f"/desk/cases/{caller.case_id}/quotes", {"order_id": order} | told)).text
    form = page.partition('value="order.return"')[2].partition("</form>")[0]
    assert re.findall('name="method" value="([a-z]+)"', form) == ["label", "code", "pickup"]
    assert 'name="wish"' not in form
    await aoi.post(f"/desk/cases/{caller.case_id}/quotes", {"order_id": order, "method": "pickup"} | told)
    assert "/quotes/" in aoi.page.url.path


async def test_some_units_of_some_lines(site: Site) -> None:
    aoi, caller = await talking(site)
    units = {f"lines[{await line_of(site, sku)}]": n for sku, n in (("TOWEL-BE", 1), ("PILLOW-1", 0), ("LOTION-1", 2))}
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={await order_of(site, CANCELLABLE)}")).text
    assert all(f'name="{field}"' in pane for field in units)
    await ask(site, aoi, caller.case_id, filled=1, reason="other", **units)
    slip = aoi.page.text.partition('class="asked"')[2].partition("</section>")[0]
    assert "バスタオル" in slip
    assert "化粧水" in slip
    assert "× 2" in slip
    assert "低反発まくら" not in slip
    await aoi.post(f"{aoi.page.url.path}/confirmation", {"token": token(aoi)})
    order_id = await order_of(site, CANCELLABLE)
    assert site.value("select sum(cancelled) from ledger_lines where order_id = %s", order_id) == 3
    assert site.value("select state from orders where id = %s", order_id) == "paid"


async def test_what_cannot_be_picked_is_told_where_it_was_picked(site: Site) -> None:
    aoi, caller = await talking(site)
    lotion = await line_of(site, "LOTION-1")
    before = site.counts()
    for units, words in (({}, "商品をお選びください"), ({f"lines[{lotion}]": 9}, "数量は1〜3")):
        body = {"action": "order.cancel", "order_id": await order_of(site, CANCELLABLE), "filled": 1, "reason": "other"}
        answer = await aoi.send(f"/desk/cases/{caller.case_id}/quotes", body | units)
        assert answer.status_code == 422
        assert words in answer.text
        assert re.search('<details class="picks"[^>]* open>', answer.text)
    assert site.counts() == before


async def test_too_late_says_why_and_what_instead(site: Site) -> None:
    aoi, caller = await talking(site)
    order_id = await order_of(site, "MD-10234567")
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order_id}")).text
    assert "すでに発送しているため" in pane
    assert 'name="action" value="order.cancel"' not in pane
    await ask(site, aoi, caller.case_id, "MD-10234567")
    assert aoi.page.status_code == 409
    assert "すでに発送しているため" in aoi.page.text
    assert site.value("select count(*) from quotes") == 0


async def test_orders_of_somebody_else_do_not_exist_here(site: Site) -> None:
    aoi, caller = await talking(site)
    theirs = site.value(
        "select o.id from orders o join customers c on c.id = o.customer_id where c.store_ref = %s limit 1",
        KENTA.customer.ref,
    )
    before = site.counts()
    for order_id in (theirs, uuid4()):
        body = {"action": "order.cancel", "order_id": order_id}
        assert (await aoi.say(f"/desk/cases/{caller.case_id}/quotes", **body)).status_code == 404
        assert (await aoi.get(f"/desk/cases/{caller.case_id}?order={order_id}")).status_code == 404
        assert (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order_id}")).status_code == 404
    assert site.counts() == before


async def test_only_the_holder_or_a_leader_acts(site: Site) -> None:
    aoi, caller = await talking(site)
    body = {"action": "order.cancel", "order_id": await order_of(site, CANCELLABLE)}
    ken = await at_desk(site, "鈴木 健")
    refused = await ken.say(f"/desk/cases/{caller.case_id}/quotes", **body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_assigned")
    await ask(site, aoi, caller.case_id)
    quote, held = aoi.page.url.path, token(aoi)
    stolen = await ken.say(f"{quote}/confirmation", token=held)
    assert stolen.status_code == 409
    leader = await at_desk(site, "山本 愛", role=Role.LEADER)
    assert (await leader.say(f"/desk/cases/{caller.case_id}/quotes", **body)).status_code == 200
    assert site.value("select count(*) from requests") == 0


async def test_a_confirmation_is_of_one_session_one_quote_and_five_minutes(site: Site) -> None:
    aoi, caller = await talking(site)
    await ask(site, aoi, caller.case_id)
    quote, held = aoi.page.url.path, token(aoi)
    leader = await at_desk(site, "山本 愛", role=Role.LEADER)
    assert (await leader.say(f"{quote}/confirmation", token=held)).status_code >= 400
    assert (await aoi.say(f"{quote}/confirmation", token="x")).status_code >= 400
    with clock.frozen(NOW + timedelta(minutes=6)):
        late = await aoi.send(f"{quote}/confirmation", {"token": held})
        assert late.status_code == 409
        assert 'name="token"' in late.text  # shown again, with a fresh one
    assert site.value("select count(*) from requests") == 0


async def test_a_quote_of_another_case_is_not_found(site: Site) -> None:
    aoi, caller = await talking(site)
    await ask(site, aoi, caller.case_id)
    quote, held = aoi.page.url.path, token(aoi)
    other = await in_line(site, KENTA)
    await aoi.take(other.case_id)
    elsewhere = quote.replace(str(caller.case_id), str(other.case_id))
    assert (await aoi.get(elsewhere)).status_code == 404
    assert (await aoi.say(f"{elsewhere}/confirmation", token=held)).status_code == 404
    assert site.value("select count(*) from requests") == 0


async def test_any_action_is_filled_in_where_it_is_offered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    everything(monkeypatch, site.services.catalogue, form=form("size", "title", "address"))
    aoi, caller = await talking(site)
    order_id = await order_of(site, CANCELLABLE)
    pane = (await aoi.get(f"/desk/panels/customer/{caller.case_id}?order={order_id}")).text
    names = ("size", "title", "address[city]")
    assert all(f'name="{name}"' in pane for name in names)
    ids = re.findall(r' id="(f-[^"]+)"', pane)
    assert len(ids) == len(set(ids)), "forms beside each other do not share ids"
    body: dict[str, object] = {"action": NAME, "order_id": order_id, "filled": 1, "size": "large"}
    where = {"address[city]": "渋谷区", "address[line1]": "1-2-3", "address[postal_code]": "150-0001"}
    there = where | {"address[name]": "佐藤", "address[region]": "東京都"}
    before = site.counts()
    answer = await aoi.send(f"/desk/cases/{caller.case_id}/quotes", body | there | {"title": "x" * 11})
    assert answer.status_code == 422
    assert "10文字以内" in answer.text
    assert 'value="渋谷区"' in answer.text, "what was typed stays"
    assert site.counts() == before
    page = await aoi.post(f"/desk/cases/{caller.case_id}/quotes", body | there | {"title": "お祝い"})
    assert "/quotes/" in page.url.path
    given = site.value("select draft->'plan'->'address'->>'city' from quotes")
    assert given == "渋谷区"

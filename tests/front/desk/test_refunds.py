"""A konbini order refunded to a bank account, by pages alone: the customer's, then the desk's."""

import re
from uuid import uuid4

from madoguchi.core.access.rules import Role
from madoguchi.edge.stores.demo.people import KENTA
from tests.front.counter.customer import signed_in
from tests.front.desk.associate import at_desk
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

ORDER = "MD-10234590"  # paid at a convenience store
ACCOUNT = {
    "account[bank]": "みずほ銀行",
    "account[branch]": "大宮",
    "account[kind]": "ordinary",
    "account[number]": "１２３４５６７",
    "account[holder]": "たかはし　けんた",
}


async def cancelled_to_bank(site: Site) -> str:
    """Cancel the order with the money to a bank; the path of its refund."""
    api = await site.api(KENTA)
    orders = (await api.get("/api/v1/orders")).json()["items"]
    order = next(order["id"] for order in orders if order["number"] == ORDER)
    wish = {"action": "order.cancel", "arguments": {"order_id": order, "refund_to": "bank"}}
    quote = (await api.post("/api/v1/quotes", json=wish)).json()
    assert [back["destination"] for back in quote["slip"]["money"]] == ["bank"]
    done = await api.post(f"/api/v1/quotes/{quote['id']}/confirmation", json={"token": quote["confirmation"]["token"]})
    assert done.status_code < 300, done.text
    await site.quiet()
    return f"/refunds/{site.value('select id from refund_intents')}"


async def test_from_the_form_to_the_transfer(site: Site) -> None:
    refund = await cancelled_to_bank(site)
    kenta = await signed_in(site, KENTA)
    page = await kenta.get(refund)
    assert "お振込先の口座をお知らせください" in page.text
    form = kenta.link('/orders/[^"]+/actions/refund.give_account')
    await kenta.get(form)
    wrong = await kenta.post(form, ACCOUNT | {"account[holder]": "高橋健太"})
    assert wrong.status_code == 422
    await kenta.post(form, ACCOUNT)
    assert kenta.page.status_code == 200
    assert "****567" in (await kenta.get(refund)).text
    assert site.value("select count(*) from quotes where arguments::text like %s", "%1234567%") == 0

    leader = await at_desk(site, role=Role.LEADER)
    await leader.get("/desk/refunds")
    await leader.post(leader.link("/desk/refunds/payouts/demo"))
    listed = await leader.http.get(leader.link('/desk/refunds/payouts/[^"]+/list'))
    assert listed.text.splitlines()[1].startswith("みずほ銀行,大宮,1,1234567,ﾀｶﾊｼ ｹﾝﾀ,")
    await leader.post(leader.link('/desk/refunds/payouts/[^"]+/paid'))
    await site.quiet()
    assert site.value("select state from refund_intents") == "succeeded"
    assert site.value("select refunded from demo_store.tenders where order_ref = %s", ORDER) == site.value(
        "select amount from refund_intents"
    )
    assert "返金しました" in (await kenta.get(refund)).text


async def test_what_the_bank_sends_back_is_asked_again(site: Site) -> None:
    refund = await cancelled_to_bank(site)
    kenta = await signed_in(site, KENTA)
    await kenta.get(refund)
    form = kenta.link('/orders/[^"]+/actions/refund.give_account')
    await kenta.get(form)
    await kenta.post(form, ACCOUNT)
    leader = await at_desk(site, role=Role.LEADER)
    await leader.get("/desk/refunds")
    await leader.post("/desk/refunds/payouts/demo")
    back = re.findall(r'name="(back\[[^"]+\])"', leader.page.text)
    assert len(back) == 1
    await leader.post(leader.link('/desk/refunds/payouts/[^"]+/paid'), {back[0]: "1"})
    await site.quiet()
    page = await kenta.get(refund)
    assert "返金できませんでした" in page.text
    way = kenta.link('/orders/[^"]+/actions/refund.change_way')
    await kenta.get(way)
    await kenta.post(way, {"refund": refund.rpartition("/")[2], "to": "gift_balance"})
    await site.quiet()
    assert site.value("select state from refund_intents where replaces is not null") == "succeeded"
    told = site.value("select array_agg(template order by created_at) from messages where template like 'refund%%'")
    assert told == ["refund_needs_account", "refund_failed", "refund_paid"]


async def test_associates_collect_and_leaders_say_that_it_went(site: Site) -> None:
    associate = await at_desk(site)
    page = await associate.get("/desk/refunds")
    assert page.status_code == 200
    empty = await associate.post("/desk/refunds/payouts/demo")
    assert empty.status_code == 409
    assert (await associate.send(f"/desk/refunds/payouts/{uuid4()}/paid")).status_code == 403
    assert (await associate.send(f"/desk/refunds/tasks/{uuid4()}")).status_code == 403

"""What belongs to somebody else is, for everybody who may not see it, exactly what does not exist."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import httpx

from madoguchi.core.access.rules import Level
from madoguchi.edge.stores.demo.people import MINJUN
from tests.house.routes import Comer, Door, routes
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

ORDER = "MD-10234608"  # his, and it can still be cancelled

_UNDER_WAY = """
select (select count(*) from cases where bot_due_at is not null)
     + (select count(*) from deliveries where next_try_at is not null)
     + (select count(*) from jobs where key not like 'periodic:%%')
"""


async def test_things_of_others_do_not_exist(site: Site) -> None:
    """An answer that differs tells that there is such an order; a word or a code too much is a leak."""
    known = await belongings(site)
    other = UUID(str(site.value("select id from customers where id <> %s order by id limit 1", known["customer_id"])))
    strangers = Comer("guest", level=Level.GUEST), Comer("other customer", level=Level.SIGNED_IN, id=other)
    door, before = Door(site), site.counts()
    wrong, asked = [], 0
    for route in await routes(site):
        if route.access.customers is None or not any(f"{{{name}:" in route.path for name in known):
            continue
        for comer in strangers:
            real, none = await door.come(route, comer, known), await door.come(route, comer)
            asked += 1
            if seen(real) != seen(none) or real.status_code < 400:
                wrong.append(f"{route.method} {route.path} for {comer.name}: {seen(real)}, not {seen(none)}")
    await door.close()
    assert wrong == []
    assert asked > 30
    assert site.counts() == before


async def test_catches_a_route_that_tells(site: Site) -> None:
    """Whose it is gets another answer, so the comparison would see a route that tells."""
    known = await belongings(site)
    owner = Comer("owner", level=Level.SIGNED_IN, id=UUID(known["customer_id"]))
    door, differing = Door(site), set()
    readable = [route for route in await routes(site) if route.method == "GET" and route.access.customers is not None]
    for route in readable:
        if seen(await door.come(route, owner, known)) != seen(await door.come(route, owner)):
            differing |= {name for name in known if f"{{{name}:" in route.path}
    await door.close()
    assert differing == known.keys() - {"customer_id"}


RETURN = """
insert into returns (id, number, store_id, customer_id, order_id, wish, reason, fault, refund_on, outward, stage, state,
                     send_until, made_at, agreed_at, changed_at)
select id, 'R-00000-00000', store_id, customer_id, order_id, 'refund', 'mistake', 'customer', 'inspected', false,
       'agreed', 'approved', created_at + interval '28 days', created_at, created_at, created_at
from requests where id = %s returning id
"""


async def belongings(site: Site) -> Mapping[str, str]:
    """All that one customer can have, by the names of routes; the return is only looked for: it has no units."""
    known = await conversed(site)
    return {**known, "return_id": str(site.value(RETURN, known["request_id"]))}


async def conversed(site: Site) -> Mapping[str, str]:
    """What somebody has who talked and cancelled: a chat, an order, a quote, a request, a refund, a message."""
    his = await site.api(MINJUN, "ko")
    orders = (await his.get("/api/v1/orders")).json()["items"]
    order = next(order["id"] for order in orders if order["number"] == ORDER)
    chat = (await his.post("/api/v1/chats", json={"client_id": "1", "order": ORDER})).json()["id"]
    wish = {"action": "order.cancel", "arguments": {"order_id": order}}
    quote = (await his.post("/api/v1/quotes", json=wish)).json()
    confirmation = {"token": quote["confirmation"]["token"]}
    request = (await his.post(f"/api/v1/quotes/{quote['id']}/confirmation", json=confirmation)).json()["id"]
    await quiet(site)
    messages = (await his.get("/api/v1/messages")).json()["items"]
    return {
        "customer_id": str(site.value("select customer_id from cases where id = %s", chat)),
        "order_id": order,
        "case_id": chat,
        "chat_id": chat,
        "quote_id": quote["id"],
        "request_id": request,
        "refund_id": str(site.value("select id from refund_intents limit 1")),
        "message_id": messages[0]["id"],
    }


async def quiet(site: Site) -> None:
    """Wait until what follows has followed: the bot's answers, the jobs, the mail."""
    for _ in range(200):
        if not site.value(_UNDER_WAY):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the program does not come to rest")


def seen(answer: httpx.Response) -> tuple[int, str]:
    """All that an answer tells."""
    return answer.status_code, answer.text

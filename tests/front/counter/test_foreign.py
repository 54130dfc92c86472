"""What is another's looks like what does not exist, byte for byte, on every route that takes an id."""

import asyncio
import re
from uuid import UUID, uuid4

import httpx

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.rules import Destination, Part
from madoguchi.edge.stores.demo.people import MISAKI, YOKO, Story
from madoguchi.front.counter import ROUTES
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money
from tests.front.counter.customer import Customer, id_of, signed_in
from tests.front.counter.test_photos import picture
from tests.house.test_invisible import RETURN
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

CLAIM = """
insert into guarantee_claims (id, number, store_id, customer_id, order_id, seller_id, ground, units, amount, currency,
                              told, photos, state, silence_grants, made_at, changed_at)
select id, 'G-00000-00000', store_id, customer_id, id, (select id from sellers limit 1), 'not_received', '{}', 1, 'JPY',
       'CANARY', jsonb_build_array((select id from photos)), 'opened', false, placed_at, placed_at
from orders where store_ref = %s returning id
"""
ACCEPTED = ("text/html", "application/json", "*/*")


async def _belongings(site: Site, customer: Customer) -> dict[str, str]:
    """One of everything that a customer can have."""
    order = site.value(
        """select o.id from orders o join customers c on c.id = o.customer_id
           where c.store_ref = %s and o.state = 'paid'""",
        MISAKI.customer.ref,
    )
    await customer.get(f"/orders/{order}/actions/order.cancel")
    (ref,) = re.findall(r'name="lines\[([^"]+)\]" value="1" checked', customer.page.text)
    await customer.post(f"/orders/{order}/actions/order.cancel", {f"lines[{ref}]": 1, "reason": "other"})
    quote = customer.page.url.path.rpartition("/")[2]
    await customer.post(customer.link("/quotes/[0-9a-f-]+/confirm"), {"token": customer.field("token")})
    request = customer.page.url.path.rpartition("/")[2]
    room = await customer.begin(text="CANARY")
    photo = await customer.upload(f"{room}/attachments", picture())
    await customer.until("/messages", "キャンセル")
    message = customer.link("/messages/[0-9a-f-]{36}").rpartition("/")[2]
    bought = site.value("select id from orders where store_ref = %s", MISAKI.order(Story.DELIVERED))
    await customer.post(f"/orders/{bought}/actions/order.receipt", {"addressee": "CANARY"})
    receipt = customer.page.url.path.rpartition("/")[2]
    await customer.get("/gifts")
    code = site.value("select gift_code from demo_store.orders where ref = %s", YOKO.order(Story.GIFT))
    await customer.post("/gifts", {"code": code})
    return {
        "order_id": str(order),
        "quote_id": quote,
        "request_id": request,
        "receipt_id": receipt,
        "refund_id": str(await _owed(site, UUID(str(bought)))),
        "case_id": str(id_of(room)),
        "message_id": message,
        "photo_id": str(site.value("select id from photos")),
        "return_id": str(site.value(RETURN, request)),
        "claim_id": str(site.value(CLAIM, MISAKI.order(Story.DELIVERED))),
        "gift_id": str(site.value("select id from gifts")),
        "seq": str(photo.json()["seq"]),
    }


async def _owed(site: Site, order_id: UUID) -> UUID:
    """Money on its way back to the customer."""
    part = Part(
        tender_ref="1",
        tender_kind="konbini",
        tender_label="CANARY",
        amount=Money(1, "JPY"),
        destination=Destination.BANK,  # waits for an account: nothing goes on by itself
        days=(0, 0),
    )

    async def owe(tx: Tx) -> UUID:
        request_id = uuid4()
        await ledger.reserve(tx, request_id, order_id, {}, {part.tender_ref: part.amount})
        (made,) = await intend(tx, request_id, order_id, [part])
        return made

    return await site.services.db.run(SYSTEM, owe)


async def _letters_sent(site: Site) -> None:
    """Nothing is on its way any more that would change a row by itself."""
    for _ in range(500):
        if site.value("select count(*) from deliveries where state in ('queued', 'sending')") == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("letters are still on their way")


async def test_nothing_of_another_customer_can_be_seen_or_done(site: Site) -> None:
    """Not even of a present by whoever gave it."""
    owner = await signed_in(site, MISAKI)
    hers = await _belongings(site, owner)
    missing = {name: "1" if name == "seq" else str(uuid4()) for name in hers}
    tried = 0
    for accept in ACCEPTED:
        stranger = await signed_in(site, YOKO)
        await stranger.get("/")
        await _letters_sent(site)
        before = site.counts()
        for method, path in sorted(_routes_with_ids()):
            foreign = await _ask(stranger, method, _filled(path, hers), accept)
            unknown = await _ask(stranger, method, _filled(path, missing), accept)
            assert foreign.status_code == 404, f"{method} {path}"
            assert "CANARY" not in foreign.text
            assert (foreign.text, {**foreign.headers, **_SAME}) == (unknown.text, {**unknown.headers, **_SAME}), path
            tried += 1
        assert site.counts() == before
    assert tried >= 60
    for topics in (f"case:{hers['case_id']}", f"order:{hers['order_id']}", f"request:{hers['request_id']}"):
        assert (await stranger.http.get(f"/live?topics={topics}")).status_code == 404


_SAME = {"date": ""}
_NAMES = {"name": "order.cancel", "parcel": "P-1", "subscription": "S-1", "screen": "items"}


def _routes_with_ids() -> set[tuple[str, str]]:
    return {
        (method, path)
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
        if "{" in path and method in {"GET", "POST"} and not path.startswith("/products/")  # anybody's
    }


def _filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda name: (ids | _NAMES)[name[1]], path)


async def _ask(who: Customer, method: str, path: str, accept: str) -> httpx.Response:
    if method == "GET":
        return await who.http.get(path, headers={"accept": accept})
    if path.endswith("/attachments"):
        return await who.http.post(
            path,
            data={"client_id": "c", "csrf": who._csrf},
            files={"file": ("a.jpg", picture(), "image/jpeg")},
            headers={"accept": accept},
        )
    return await who.send(path, _fields_of(path), accept=accept)


def _fields_of(path: str) -> dict[str, object]:
    """What a post must carry to be understood at all."""
    match path.rpartition("/")[2]:
        case "entries":
            return {"client_id": "c", "text": "x"}
        case "read":
            return {"seq": 1}
        case "survey":
            return {"rating": 1}
        case "confirm":
            return {"token": "x"}
        case "cancel":
            return {"reason": "other"}
    return {}

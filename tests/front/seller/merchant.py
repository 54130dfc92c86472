"""The people of sellers at their door, for the tests of what sellers see."""

from uuid import UUID, uuid4

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.people.sellers.queries import seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person
from madoguchi.core.people.verbs import start_session
from madoguchi.edge.stores.demo.people import MISAKI, Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.middleware import cookie_names
from madoguchi.kit.db import Tx
from tests.front.counter.customer import Customer, id_of, signed_in
from tests.web import Site

BOWLS = "MD-10233871"  # 佐藤さん's, from 山田商店, delivered


class Merchant(Customer):
    """Somebody who answers for a seller, with a browser and no scripts."""

    actor: Actor


async def merchant(site: Site, seller: str = "yamada", lang: str = "ja") -> Merchant:
    """Somebody new at a seller's pages."""

    async def invite(tx: Tx) -> tuple[Actor, str]:
        found = await seller_by_ref(tx, DEMO.id, seller)
        assert found
        email = f"{uuid4().hex}@sellers.example"
        person = await add_person(tx, seller_id=found.id, email=email, name="店の人", locale=lang)
        session = await start_session(tx, store_id=DEMO.id, locale=lang, seller_person_id=person)
        actor = Actor(role=Role.SELLER, id=person, seller_id=found.id, store_id=DEMO.id, session=session.id)
        return actor, session.token

    actor, token = await site.services.db.run(SYSTEM, invite)
    http = await site.client()
    http.cookies.set(cookie_names(secure=False).session, token)
    made = Merchant(site, http)
    made.actor = actor
    await made.get("/seller")
    return made


async def asked(
    site: Site,
    text: str = "電子レンジで使えますか",
    *,
    person: Person = MISAKI,
    order: str = BOWLS,
    topic: str = "product",
) -> tuple[Customer, UUID]:
    """A customer who has asked the seller of an order, and the thread."""
    customer = await signed_in(site, person)
    order_id = site.value("select id from orders where store_ref = %s", order)
    path = f"/orders/{order_id}/actions/seller.ask"
    await customer.get(path)
    page = await customer.post(path, {"topic": topic, "wanted": "answer", "text": text})
    assert page.url.path.startswith("/chat/"), page.text
    return customer, id_of(page.url.path)


async def claimed(site: Site, note: str = "色が写真と違います", **more: object) -> str:
    """The customer of BOWLS claims the guarantee, whose seller was asked two days ago; the claim's id."""
    hers = await site.api(MISAKI)
    order_id = str(site.value("select id from orders where store_ref = %s", BOWLS))
    arguments = {"order_id": order_id, "ground": "not_as_described", "note": note, **more}
    answer = await hers.post("/api/v1/quotes", json={"action": "guarantee.claim", "arguments": arguments})
    assert answer.status_code == 201, answer.text
    token = answer.json()["confirmation"]["token"]
    await hers.post(f"/api/v1/quotes/{answer.json()['id']}/confirmation", json={"token": token})
    await site.quiet()
    return str(site.value("select id from guarantee_claims"))

"""Associates at their desks and customers in line, for the tests of the desk."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx
import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.rules import Channel
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people import queries as people
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.people.verbs import ensure_guest, start_session
from madoguchi.edge.stores.demo.people import Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.middleware import cookie_names
from madoguchi.kit.db import Tx
from madoguchi.service.routing.items.queries import open_item
from madoguchi.service.routing.rules import Presence
from madoguchi.service.routing.verbs import hand_over, set_presence
from tests.front.counter.customer import Customer
from tests.web import Site

JSON = {"accept": "application/json"}


class Associate(Customer):
    """One of the staff with a browser and no scripts, at the desk."""

    def __init__(self, site: Site, http: httpx.AsyncClient, actor: Actor) -> None:
        super().__init__(site, http)
        self.actor = actor

    async def take(self, case_id: UUID) -> httpx.Response:
        """Take a case from the line."""
        return await self.post(await accept_url(self.site, case_id))


class Caller(msgspec.Struct, frozen=True):
    """A customer with a case, outside any browser."""

    site: Site
    actor: Actor
    case_id: UUID

    async def say(self, text: str) -> int:
        """One more message; its number."""

        async def work(tx: Tx) -> int:
            return (await talking.say(tx, self.actor, self.case_id, text=text)).seq

        return await self.site.services.db.run(self.actor, work)


async def at_desk(
    site: Site,
    name: str = "田中 葵",
    *,
    languages: Sequence[str] = ("ja",),
    role: Role = Role.ASSOCIATE,
    state: Presence | None = Presence.AVAILABLE,
) -> Associate:
    """Somebody new of the staff with the desk's page open; `state` None has never been there."""
    email = f"{uuid4().hex}@madoguchi.example"

    async def hire(tx: Tx) -> tuple[Actor, str]:
        staff_id = await add_staff(tx, email=email, name=name, role=role, locale="ja", languages=languages)
        session = await start_session(tx, store_id=DEMO.id, locale="ja", staff_id=staff_id)
        actor = Actor(role=role, id=staff_id, locale="ja", store_id=DEMO.id, session=session.id, name=name)
        if state:
            await set_presence(tx, actor, state)
        return actor, session.token

    actor, token = await site.services.db.run(SYSTEM, hire)
    http = await site.client()
    http.cookies.set(cookie_names(secure=False).session, token)
    associate = Associate(site, http, actor)
    await associate.get("/desk")
    return associate


async def in_line(site: Site, person: Person | None = None, *words: str, order: str | None = None) -> Caller:
    """A customer of the shop, or a guest, who has just asked for a person, about an order of theirs or none."""

    async def work(tx: Tx) -> Caller:
        actor = await _come(tx, person)
        assert actor.id
        order_id = await _order(tx, actor.id, order) if order else None
        case_id = await cases.open_case(
            tx, actor, store_id=DEMO.id, customer_id=actor.id, channel=Channel.CHAT, order_id=order_id
        )
        for text in words or ("届きません",):
            await talking.say(tx, actor, case_id, text=text)
        await hand_over(tx, actor, case_id)
        return Caller(site, actor, case_id)

    return await site.services.db.run(SYSTEM, work)


async def accept_url(site: Site, case_id: UUID) -> str:
    """Where the open work of a case is taken."""
    item = await site.services.db.run(SYSTEM, lambda tx: open_item(tx, case_id))
    assert item
    return f"/desk/offers/{item.id}/accept?case={case_id}"


async def order_of(site: Site, number: str) -> UUID:
    """Our id of a store's order."""
    return UUID(str(site.value("select id from orders where store_ref = %s", number)))


async def _come(tx: Tx, person: Person | None) -> Actor:
    if person is None:
        session = await start_session(tx, store_id=DEMO.id, locale="ja")
        actor = Actor(role=Role.CUSTOMER, locale="ja", store_id=DEMO.id, session=session.id)
        return msgspec.structs.replace(actor, id=await ensure_guest(tx, actor))
    known = await people.customer_by_ref(tx, DEMO.id, person.customer.ref)
    assert known
    session = await start_session(
        tx, store_id=DEMO.id, locale=known.locale, customer_id=known.id, level=Level.SIGNED_IN
    )
    return Actor(
        role=Role.CUSTOMER,
        id=known.id,
        level=Level.SIGNED_IN,
        locale=known.locale,
        store_id=DEMO.id,
        session=session.id,
        name=known.name,
    )


async def _order(tx: Tx, customer_id: UUID, number: str) -> UUID:
    found = await tx.value("select id from orders where customer_id = %s and store_ref = %s", [customer_id, number])
    return UUID(str(found))

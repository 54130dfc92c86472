"""Who takes part in a measurement: customers who come by the API, and associates who have their chats in hand."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import psycopg

from bench import wire
from bench.site import Site
from bench.wire import Answer, Line
from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.rules import OPEN_AT_ONCE
from madoguchi.core.people.queries import session as session_of
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.people.verbs import start_session
from madoguchi.kit import migrations
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.security import token_hash
from madoguchi.service.routing import verbs as routing
from madoguchi.service.routing.items.queries import open_item
from madoguchi.service.routing.rules import MOST_AT_ONCE, Presence

STORE = "demo"
_AT_ONCE = 8  # lines while people come in
_CSRF = re.compile(rb'name="csrf" value="([^"]+)"')


def needed(chats: int) -> tuple[str, str]:
    """What a site is told so that it has customers enough for so many open chats."""
    return "--size", str(-(-chats // OPEN_AT_ONCE))


class Customer(msgspec.Struct, frozen=True):
    """Somebody signed in at the shop: the session's bearer token, and the one chat."""

    token: str
    chat: str


class Associate(msgspec.Struct, frozen=True):
    """Somebody at the desk: what their browser would send, and the chats they have."""

    id: UUID
    token: str
    seed: str
    csrf: str
    chats: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        """What goes with each of their posts."""
        return desk_headers(self.token, self.seed) | {"x-csrf": self.csrf, "accept": "application/json"}


def desk_headers(token: str, seed: str) -> dict[str, str]:
    """The headers by which a desk's browser is known."""
    return {"cookie": f"session={token}; seed={seed}"}


async def customers(site: Site, count: int, refs: Sequence[tuple[str, str]] = ()) -> list[Customer]:
    """As many sessions of the shop's customers, each with a chat of its own; taken from the API call by call.

    `refs` are the ones to choose from, with their languages, if not all.
    """
    refs = refs or _refs(site.conninfo)
    made: list[Customer] = []
    numbers = iter(range(count))

    async def bring() -> None:
        line = await wire.dial(site.web.port)
        for number in numbers:
            made.append(await _customer(line, site.web.port, *refs[number % len(refs)]))
        line.close()

    await asyncio.gather(*(bring() for _ in range(min(_AT_ONCE, count))))
    return made


async def associates(site: Site, chats: Sequence[str], count: int | None = None) -> list[Associate]:
    """Associates with these chats in hand, evenly; as few as can have them unless a number is given."""
    count = count or -(-len(chats) // MOST_AT_ONCE)
    if len(chats) > count * MOST_AT_ONCE:
        raise ValueError(f"{count} associates cannot have {len(chats)} chats in hand")
    line = await wire.dial(site.web.port)
    async with _database(site) as db:
        made = [await _associate(db, line, site.web.port, tuple(chats[number::count])) for number in range(count)]
    line.close()
    return made


@asynccontextmanager
async def _database(site: Site) -> AsyncIterator[Database]:
    database = Database(site.conninfo, role=migrations.APP_ROLE, size=2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _customer(line: Line, port: int, ref: str, locale: str) -> Customer:
    wish = {"store": STORE, "customer_ref": ref}
    shop_token = _told(await line.ask(wire.json_request("/api/v1/demo/tokens", port, wish)), "token")
    opened = {"locale": locale, "token": shop_token}
    token = _told(await line.ask(wire.json_request("/api/v1/sessions", port, opened)), "token")
    begun = wire.json_request("/api/v1/chats", port, {"client_id": secrets.token_hex(8)}, wire.bearer(token))
    return Customer(token, _told(await line.ask(begun), "id"))


async def _associate(db: Database, line: Line, port: int, chats: tuple[str, ...]) -> Associate:
    async def hire(tx: Tx) -> tuple[UUID, str]:
        name = f"Associate {secrets.token_hex(3)}"
        staff_id = await add_staff(
            tx,
            email=f"{secrets.token_hex(6)}@bench.example",
            name=name,
            role=Role.ASSOCIATE,
            locale="ja",
            languages=LANGUAGES,
        )
        return staff_id, (await start_session(tx, store_id=STORE, locale="ja", staff_id=staff_id)).token

    staff_id, token = await db.run(SYSTEM, hire)
    actor = await actor_of(db, token)
    # their hands are full when they come, so that nothing is offered to them beside what they are given
    await db.run(actor, lambda tx: routing.set_presence(tx, actor, Presence.AWAY, len(chats)))
    for chat in chats:
        await _take(db, actor, UUID(chat))
    await db.run(actor, lambda tx: routing.set_presence(tx, actor, Presence.AVAILABLE))
    seed = secrets.token_hex(16)
    page = await line.ask(wire.request("GET", "/desk", port, desk_headers(token, seed)))
    found = _CSRF.search(page.body)
    if found is None:
        raise RuntimeError(f"the desk did not open: {page.status} {page.body[:500]!r}")
    return Associate(staff_id, token, seed, found[1].decode(), chats)


async def actor_of(db: Database, token: str) -> Actor:
    """Who acts with this bearer token."""
    session = await db.run(SYSTEM, lambda tx: session_of(tx, token_hash(token)))
    assert session
    return session.actor


async def _take(db: Database, actor: Actor, case_id: UUID) -> None:
    async def in_line(tx: Tx) -> UUID:
        case = await access_case(tx, SYSTEM, case_id)
        customer = Actor(role=Role.CUSTOMER, id=case.customer_id, session=case.customer_session)
        await routing.hand_over(tx, customer, case_id)
        item = await open_item(tx, case_id)
        assert item
        return item.id

    item_id = await db.run(SYSTEM, in_line)
    await db.run(actor, lambda tx: routing.accept(tx, actor, item_id))


def _refs(conninfo: str) -> list[tuple[str, str]]:
    """The shop's customers, as the shop calls them, and their languages."""
    with psycopg.connect(conninfo) as conn:
        return conn.execute(
            "select store_ref, locale from customers where store_id = %s and store_ref is not null order by store_ref",
            [STORE],
        ).fetchall()


def _told(answer: Answer, field: str) -> str:
    if answer.status != 201:
        raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
    return str(msgspec.json.decode(answer.body)[field])

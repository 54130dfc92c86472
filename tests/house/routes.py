"""All routes of the running program, everybody who may come to them, and a way to come."""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from madoguchi.core.access.rules import AT_WORK, SYSTEM, Level, Role
from madoguchi.core.people import verbs as people
from madoguchi.core.people.sellers.queries import seller_by_ref
from madoguchi.core.people.sellers.verbs import add_person
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.edge.stores.demo.catalogue import YAMADA
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.access import Access
from madoguchi.front.ui.middleware import PROGRAMS, cookie_names
from madoguchi.kit.db import Tx
from tests.web import Site

_SEED = "5eed" * 8


class Route(msgspec.Struct, frozen=True):
    """A method on a path, and who it is for."""

    method: str
    path: str
    access: Access

    def url(self, known: Mapping[str, object] = {}) -> str:
        """An address of the route; parameters that are not known lead nowhere."""

        def fill(parameter: re.Match[str]) -> str:
            name, _, kind = parameter[1].partition(":")
            return str(known.get(name) or {"uuid": uuid4(), "int": 1}.get(kind, "nothing"))

        return re.sub(r"\{([^}]+)\}", fill, self.path)


class Comer(msgspec.Struct, frozen=True):
    """Somebody at the door; `level` None means that they have no session at all."""

    name: str
    role: Role = Role.CUSTOMER
    level: Level | None = None
    id: UUID | None = None


class Door:
    """Comes to routes as somebody, each time in a session of its own, with all that our own pages send along."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._transport = httpx.AsyncHTTPTransport()
        self._names = cookie_names(secure=False)

    async def close(self) -> None:
        """Hang up."""
        await self._transport.aclose()

    async def come(
        self, route: Route, comer: Comer, known: Mapping[str, object] = {}, **other: str | None
    ) -> httpx.Response:
        """The answer, of a stream only its head; `other` replaces headers by name, None leaves one out."""
        headers: dict[str, str | None] = {"host": self._site.url.removeprefix("http://"), "accept": "application/json"}
        headers |= await self._identity(route, comer)
        headers |= {name.replace("_", "-"): value for name, value in other.items()}
        request = httpx.Request(
            route.method,
            self._site.url + route.url(known),
            headers={name: value for name, value in headers.items() if value is not None},
        )
        answer = await self._transport.handle_async_request(request)
        streams = answer.headers.get("content-type", "").startswith("text/event-stream")
        content = b"" if streams else await answer.aread()
        await answer.aclose()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content, request=request)

    async def _identity(self, route: Route, comer: Comer) -> dict[str, str]:
        token, session = "", None
        if comer.level is not None:
            made = await self._site.services.db.run(SYSTEM, lambda tx: _session(tx, comer))
            token, session = made.token, made.id
        if route.path.startswith(PROGRAMS):
            return {"authorization": f"Bearer {token}"} if token else {}
        cookie = f"{self._names.seed}={_SEED}" + (f"; {self._names.session}={token}" if token else "")
        return {"cookie": cookie, "x-csrf": self._site.services.signer.sign("csrf", [_SEED, session])}


async def routes(site: Site) -> list[Route]:
    """Every route of every door as it is really served. KeyError for one that does not say who it is for."""
    web, _ = await site.app.web()
    served = web._app
    assert isinstance(served, Litestar)
    return [route for found in served.routes if isinstance(found, HTTPRoute) for route in _of(found)]


async def comers(site: Site) -> list[Comer]:
    """Everybody the matrix speaks of. The customers are two of the demo world, the staff and the seller's are new."""

    async def hire(tx: Tx) -> list[Comer]:
        return [Comer(role, role, Level.GUEST, await _hired(tx, role)) for role in sorted(AT_WORK)]

    first, second = (UUID(str(site.value("select id from customers order by id offset %s limit 1", n))) for n in (0, 1))
    return [
        Comer("nobody"),
        Comer("guest", level=Level.GUEST),
        Comer("proven customer", level=Level.PROVEN, id=first),
        Comer("signed-in customer", level=Level.SIGNED_IN, id=second),
        *await site.services.db.run(SYSTEM, hire),
    ]


def _of(found: HTTPRoute) -> Iterator[Route]:
    for method, (handler, _) in found.route_handler_map.items():
        if method not in {"HEAD", "OPTIONS"}:  # answered from what is said of the others
            yield Route(method, found.path, handler.opt["access"])


async def _session(tx: Tx, comer: Comer) -> people.NewSession:
    return await people.start_session(
        tx,
        store_id=DEMO.id,
        locale="ja",
        customer_id=comer.id if comer.role not in AT_WORK else None,
        staff_id=comer.id if comer.role in AT_WORK - {Role.SELLER} else None,
        seller_person_id=comer.id if comer.role is Role.SELLER else None,
        level=comer.level or Level.GUEST,
    )


async def _hired(tx: Tx, role: Role) -> UUID:
    if role is Role.SELLER:
        seller = await seller_by_ref(tx, DEMO.id, YAMADA.ref)
        assert seller
        return await add_person(tx, seller_id=seller.id, email="seller@madoguchi.example", name="seller", locale="ja")
    return await add_staff(tx, email=f"{role}@madoguchi.example", name=role, role=role, locale="ja", languages=["ja"])

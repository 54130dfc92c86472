"""Who may use which route: the matrix of all routes and everybody, made from what the routes say of themselves."""

import httpx
import pytest

from madoguchi.core.access.rules import AT_WORK, Level, Role
from madoguchi.front.ui.access import CUSTOMERS, KNOWN_CUSTOMERS, SELLERS, STAFF_ONLY, Access
from tests.house.routes import Comer, Door, Route, comers, routes
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

# posts that need no token of a page: what comes there is signed by a shop, or by a bearer token
WITHOUT_CSRF = ("/api/v1/", "/session/shop", "/widget/session")
ACCESS_CODES = {"sign_in_needed", "forbidden", "page_expired", "cross_site"}


async def test_every_route_refuses_who_it_is_not_for(site: Site) -> None:
    """Most holes of help desks are one route that forgot to ask; here all are asked, and a refusal leaves no trace."""
    door = Door(site)
    wrong = []
    everybody = await comers(site)
    before = site.counts()
    for route in await routes(site):
        for comer in everybody:
            if refusal := refusal_for(route, comer):
                answer = await door.come(route, comer)
                if told(answer) != refusal:
                    wrong.append(f"{route.method} {route.path} for {comer.name}: {told(answer)}, not {refusal}")
    await door.close()
    assert wrong == []
    assert site.counts() == before


async def test_every_route_lets_in_who_it_is_for(site: Site) -> None:
    """A rule that keeps everybody out is as wrong as one that lets everybody in."""
    door = Door(site)
    wrong = []
    everybody = await comers(site)
    for route in await routes(site):
        for comer in everybody:
            if refusal_for(route, comer) is None:
                status, code = told(await door.come(route, comer))
                if (code in ACCESS_CODES and not is_link_of_a_mail(route, comer)) or status >= 500:
                    wrong.append(f"{route.method} {route.path} for {comer.name}: {status} {code}")
    await door.close()
    assert wrong == []


async def test_a_page_of_somebody_else_cannot_post(site: Site) -> None:
    """Whatever counts on a cookie asks for the token of a page of ours, and that it was ours that sent it."""
    door = Door(site)
    wrong = []
    everybody = await comers(site)
    before = site.counts()
    for route in await routes(site):
        comer = next((comer for comer in reversed(everybody) if refusal_for(route, comer) is None), None)
        assert comer, f"{route.method} {route.path} is for nobody"
        if route.method == "GET" or route.path.startswith(WITHOUT_CSRF):
            assert route.method == "GET" or not route.access.csrf
            continue
        attacks = {
            "page_expired": await door.come(route, comer, x_csrf="x" * 43),
            "cross_site": await door.come(route, comer, origin="https://elsewhere.example"),
        }
        wrong += [f"{route.path}: {told(a)}, not {code}" for code, a in attacks.items() if told(a) != (403, code)]
        if told(await door.come(route, comer, x_csrf=None)) != (403, "page_expired"):
            wrong.append(f"{route.path} needs no token")
        if told(await door.come(route, comer, sec_fetch_site="cross-site")) != (403, "cross_site"):
            wrong.append(f"{route.path} may be sent from elsewhere")
    await door.close()
    assert wrong == []
    assert site.counts() == before


async def test_a_page_leads_to_where_one_signs_in(site: Site) -> None:
    """Who opens a bookmark too early is not stopped by an error but asked who they are, and comes back."""
    door = Door(site)
    led = 0
    for route in await routes(site):
        if route.method == "GET" and route.access.signs_in:
            answer = await door.come(route, Comer("nobody"), accept="text/html")
            assert answer.status_code == 303, route.path
            assert answer.headers["location"].startswith(f"{route.access.signs_in}?next=/"), route.path
            led += 1
    await door.close()
    assert led


@pytest.mark.parametrize(
    ("access", "comer", "refusal"),
    [
        (STAFF_ONLY, Comer("a", Role.ADMIN, Level.GUEST), None),
        (STAFF_ONLY, Comer("a", level=Level.SIGNED_IN), (403, "forbidden")),
        (STAFF_ONLY, Comer("a"), (401, "sign_in_needed")),
        (STAFF_ONLY, Comer("a", Role.SELLER, Level.GUEST), (403, "forbidden")),
        (SELLERS, Comer("a", Role.SELLER, Level.GUEST), None),
        (SELLERS, Comer("a", Role.ADMIN, Level.GUEST), (403, "forbidden")),
        (CUSTOMERS, Comer("a"), None),
        (CUSTOMERS, Comer("a", Role.SELLER, Level.GUEST), (403, "forbidden")),
        (CUSTOMERS, Comer("a", Role.LEADER, Level.GUEST), (403, "forbidden")),
        (KNOWN_CUSTOMERS, Comer("a", level=Level.CLAIMED), (401, "sign_in_needed")),
        (KNOWN_CUSTOMERS, Comer("a", level=Level.PROVEN), None),
    ],
)
def test_the_matrix_knows_right_from_wrong(access: Access, comer: Comer, refusal: tuple[int, str] | None) -> None:
    assert refusal_for(Route("GET", "/", access), comer) == refusal


async def test_catches_a_route_that_forgets(site: Site) -> None:
    """Were the desk open to customers, the matrix would say so."""
    door = Door(site)
    desk = next(route for route in await routes(site) if route.path == "/help")
    opened = Route(desk.method, desk.path, STAFF_ONLY)
    assert told(await door.come(opened, Comer("nobody"))) != refusal_for(opened, Comer("nobody"))
    await door.close()


def refusal_for(route: Route, comer: Comer) -> tuple[int, str] | None:
    """Status and code of the refusal that somebody must get on a route; None for who may use it."""
    access, nobody = route.access, comer.level is None
    if comer.role in AT_WORK:
        return None if comer.role in access.at_work else (403, "forbidden")
    if access.session and nobody:
        return 401, "sign_in_needed"
    if access.customers is None:
        return (401, "sign_in_needed") if nobody else (403, "forbidden")
    return None if (comer.level or Level.GUEST) >= access.customers else (401, "sign_in_needed")


def is_link_of_a_mail(route: Route, comer: Comer) -> bool:
    """Pages for guests too that ask whoever cannot see the thing to say who they are, in place of not finding it."""
    unknown = comer.role is Role.CUSTOMER and (comer.level or Level.GUEST) < Level.PROVEN
    return unknown and route.method == "GET" and "{" in route.path


def told(answer: httpx.Response) -> tuple[int, str | None]:
    """Status, and the code of the problem if it was one."""
    problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return answer.status_code, answer.json()["code"] if problem else None

"""The web application: routes of all doors, around them access, errors, cross-site protection and the built files."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from madoguchi.front.ui.access import EVERYONE, check_allowed, declared
from madoguchi.front.ui.middleware import is_safe, same_site
from madoguchi.front.ui.problems import answer
from madoguchi.front.ui.render import DIST
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import Signer


def create_web(handlers: Sequence[Any], upload_limit: int) -> Litestar:
    """The routes as an ASGI application; who asks and what may be used comes with each request, from the Door."""
    static = create_static_files_router(
        path="/static",
        directories=[DIST],
        opt={"access": EVERYONE},
        include_in_schema=False,
        cache_control=None,
    )
    return Litestar(
        route_handlers=[*handlers, static],
        dependencies={
            "services": Provide(_services, sync_to_thread=False),
            "visitor": Provide(_visitor, sync_to_thread=False),
        },
        before_request=admit,
        exception_handlers={HTTPException: answer, Exception: answer},
        openapi_config=None,
        request_max_body_size=upload_limit + 100_000,
        logging_config=None,
    )


async def admit(request: Request[Any, Any, Any]) -> None:
    """Before every handler: whom its route is for, and posts from our own pages only."""
    if request.state.failure:
        raise request.state.failure  # who is there is not known
    access = declared(request)
    visitor: Visitor = request.state.visitor
    check_allowed(access, visitor)
    if visitor.session and not request.route_handler.opt.get("by_itself"):
        services: Services = request.state.services
        await services.sessions.renew(visitor.session)
    if access.csrf and not is_safe(request.method):
        await check_cross_site(request)


async def check_cross_site(request: Request[Any, Any, Any]) -> None:
    """Posts that count on a cookie must come from our own pages and carry their token."""
    services: Services = request.state.services
    if not same_site(dict(request.headers), request.state.visitor.origin):
        raise Refused("cross_site", 403)
    given = request.headers.get("x-csrf") or await _field(request)
    if not valid_csrf(services.signer, request.state.visitor, given):
        raise Refused("page_expired", 403)


def valid_csrf(signer: Signer, visitor: Visitor, given: str) -> bool:
    """Whether the token belongs to this browser and session."""
    return signer.matches(given, "csrf", [visitor.seed, visitor.actor.session])


async def _field(request: Request[Any, Any, Any]) -> str:
    if "form" not in request.headers.get("content-type", ""):
        return ""
    value = (await request.form()).get("csrf", "")
    return value if isinstance(value, str) else ""


def _services(request: Request[Any, Any, Any]) -> Services:
    found: Services = request.state.services
    return found


def _visitor(request: Request[Any, Any, Any], services: Services) -> Visitor:
    """Asks for `services` only to come after it: two that are looked for at once would be two tasks per request."""
    found: Visitor = request.state.visitor
    return found

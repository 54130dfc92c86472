"""Every route says who may use it: `@get(path, access=...)`. A route without a word about that cannot be written."""

from collections.abc import Callable
from typing import Any

import litestar
import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler

from madoguchi.core.access.rules import AT_WORK, STAFF, Level, Role
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused

Handler = Callable[..., Any]


class Access(msgspec.Struct, frozen=True):
    """Who may use a route. `customers` from a level on (None: none); staff and the people of sellers by role.

    With `session` even a guest has begun one. `csrf` is off only where no cookie counts (bearer API, webhooks).
    `signs_in` names the page that helps.
    """

    customers: Level | None
    at_work: frozenset[Role] = frozenset()
    session: bool = False
    csrf: bool = True
    signs_in: str | None = None


HEARERS = Access(Level.GUEST, STAFF, session=True)
EVERYONE = Access(Level.GUEST, AT_WORK)
CUSTOMERS = Access(Level.GUEST)
KNOWN_CUSTOMERS = Access(Level.PROVEN, signs_in="/identify")
STAFF_ONLY = Access(None, STAFF, signs_in="/desk/sign-in")
ADMINS = Access(None, frozenset({Role.ADMIN}), signs_in="/desk/sign-in")
LEADERS = Access(None, frozenset({Role.LEADER, Role.ADMIN}), signs_in="/desk/sign-in")
SELLERS = Access(None, frozenset({Role.SELLER}), signs_in="/seller/sign-in")
WAREHOUSE = Access(None, frozenset({Role.WAREHOUSE, Role.LEADER, Role.ADMIN}), signs_in="/warehouse/sign-in")
API = Access(Level.GUEST, session=True, csrf=False)


def get(
    path: str | list[str], *, access: Access, by_itself: bool = False, **more: Any
) -> Callable[[Handler], HTTPRouteHandler]:
    """A reading route; `by_itself` is one that pages come to without anybody there, which keeps no session alive."""
    return litestar.get(path, opt={"access": access, "by_itself": by_itself}, **more)


def post(
    path: str | list[str], *, access: Access, by_itself: bool = False, **more: Any
) -> Callable[[Handler], HTTPRouteHandler]:
    """A writing route; answers 200 unless the handler says otherwise."""
    opt = {"access": access, "by_itself": by_itself}
    return litestar.post(path, opt=opt, status_code=more.pop("status_code", 200), **more)


def allows(access: Access, visitor: Visitor) -> bool:
    """Whether this visitor may use a route of this access."""
    actor = visitor.actor
    if access.session and visitor.session is None:
        return False
    if actor.role in AT_WORK:
        return actor.role in access.at_work
    return access.customers is not None and actor.level >= access.customers


def declared(request: Request[Any, Any, Any]) -> Access:
    """Who may use the route of this request."""
    access: Access | None = request.route_handler.opt.get("access")
    if access is None:  # OPTIONS, which the framework would answer by itself
        raise Refused("method_not_allowed", 405)
    return access


def check_allowed(access: Access, visitor: Visitor) -> None:
    """Refuse whoever the route is not for."""
    if allows(access, visitor):
        return
    if visitor.session is None or (access.customers is not None and visitor.actor.role not in AT_WORK):
        raise Refused("sign_in_needed", 401, signs_in=access.signs_in)
    raise Refused("forbidden", 403)

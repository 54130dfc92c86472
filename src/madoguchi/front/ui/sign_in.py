"""Signing in with a password, at any door whose people work here or sell."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.people.rules import email_key
from madoguchi.core.people.verbs import NewSession, end_session
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, wants_json
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import password_matches

CLEAR = '"cache"'


class Known(Protocol):
    """Whoever may sign in."""

    @property
    def id(self) -> UUID: ...
    @property
    def locale(self) -> str: ...


P = TypeVar("P", bound=Known)


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who, the password, and the page that was wanted."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=1_000)]
    next: str = ""


class Way(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """The way in at a door: its page, the pages it leads to (`home` unless another one of `pages` was wanted).

    `roles` are in already; `find` gives a person by mail address with the hash of the password, `start` their session.
    """

    here: str
    template: str
    home: str
    pages: re.Pattern[str]
    roles: frozenset[Role]
    find: Callable[[Tx, str], Awaitable[tuple[P, str | None] | None]]
    start: Callable[[Tx, str, P], Awaitable[NewSession]]

    def wanted(self, wish: str) -> str:
        """The page that was wanted, if it is one of this door's."""
        return wish if self.pages.fullmatch(wish) else self.home


async def show(way: Way[P], request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The form; whoever is in already goes on."""
    wanted = way.wanted(request.query_params.get("next", ""))
    if visitor.actor.role in way.roles:
        return Redirect(wanted, status_code=303)
    return page(services, visitor, way.template, way.here, email="", wanted=wanted)


async def enter(way: Way[P], request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """A new session in place of the one before; one answer for every wrong name or password."""
    given = await form(request, SignIn)
    try:
        # by account and by source, so that neither many names nor many addresses help
        slow_down(services.limits.sign_in, f"account:{email_key(given.email) or given.email}")
        slow_down(services.limits.sign_in, visitor.address)
        person = await _known(way, services, given)
    except Refused as refused:
        if wants_json(request):
            raise
        wanted = way.wanted(given.next)
        return page(services, visitor, way.template, way.here, refused=refused, email=given.email, wanted=wanted)
    before = visitor.actor.session

    async def work(tx: Tx) -> NewSession:
        if before:
            await end_session(tx, before)
        return await way.start(tx, visitor.store_id, person)

    visitor.take(await services.db.run(SYSTEM, work))
    if before:
        services.sessions.forget(before)
    return done(request, way.wanted(given.next))


async def leave(
    way: Way[P],
    request: Asked,
    services: Services,
    visitor: Visitor,
    before: Callable[[Tx], Awaitable[object]] | None = None,
) -> Response[Any]:
    """Sign out: the session is dead, and nothing of it stays in the browser; `before` is done with it."""
    await form(request, Nothing)
    actor, session_id = visitor.actor, visitor.actor.session
    assert session_id

    async def work(tx: Tx) -> None:
        if before:
            await before(tx)
        async with tx.acting(SYSTEM):
            await end_session(tx, session_id)

    await services.db.run(actor, work)
    services.sessions.forget(session_id)
    visitor.signed_out = True
    answer = done(request, way.here)
    answer.headers["clear-site-data"] = CLEAR
    return answer


async def _known(way: Way[P], services: Services, given: SignIn) -> P:
    key = email_key(given.email) or ""
    found = await services.db.run(SYSTEM, lambda tx: way.find(tx, key))
    person, stored = found or (None, None)
    if not await password_matches(given.password, stored) or person is None:
        raise Refused("sign_in_failed", 401)
    return person

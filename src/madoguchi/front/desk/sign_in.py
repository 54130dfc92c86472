"""Signing in with a password, and out again."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import queries as people
from madoguchi.core.people.queries import Staff
from madoguchi.core.people.rules import email_key
from madoguchi.core.people.verbs import NewSession, end_session, start_session
from madoguchi.front.desk.replies import WebRequest, done, wants_json
from madoguchi.front.ui.access import EVERYONE, STAFF_ONLY, get, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import password_matches
from madoguchi.service.routing.rules import Presence
from madoguchi.service.routing.verbs import set_presence

HERE = "/desk/sign-in"
_OURS = re.compile(r"/(?:desk|office)(?:/[\w-]+)*")


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who, the password, and the page that was wanted."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=1_000)]
    next: str = "/desk"


@get(HERE, access=EVERYONE)
async def show_sign_in(request: WebRequest, services: Services, visitor: Visitor) -> Response[Any]:
    """The form; whoever is in already goes on to the desk."""
    wanted = _staff_path(request.query_params.get("next", ""))
    if visitor.actor.is_staff:
        return Redirect(wanted, status_code=303)
    return page(services, visitor, "desk/sign_in.html", HERE, email="", wanted=wanted)


@post(HERE, access=EVERYONE)
async def sign_in(request: WebRequest, services: Services, visitor: Visitor) -> Response[Any]:
    """A new session in place of the one before; one answer for every wrong name or password."""
    given = await form(request, SignIn)
    try:
        # by account and by source, so that neither many names nor many addresses help
        slow_down(services.limits.sign_in, f"account:{email_key(given.email) or given.email}")
        slow_down(services.limits.sign_in, visitor.address)
        staff = await _known(services, given)
    except Refused as refused:
        if wants_json(request):
            raise
        wanted = _staff_path(given.next)
        return page(services, visitor, "desk/sign_in.html", HERE, refused=refused, email=given.email, wanted=wanted)
    before = visitor.actor.session

    async def work(tx: Tx) -> NewSession:
        if before:
            await end_session(tx, before)
        return await start_session(tx, store_id=visitor.store_id, locale=staff.locale, staff_id=staff.id)

    visitor.take(await services.db.run(SYSTEM, work))
    if before:
        services.sessions.forget(before)
    return done(request, _staff_path(given.next))


@post("/desk/sign-out", access=STAFF_ONLY)
async def sign_out(request: WebRequest, services: Services, visitor: Visitor) -> Response[Any]:
    """The session is dead, and what its owner had in hand goes back to the line."""
    await form(request, Nothing)
    actor, session_id = visitor.actor, visitor.actor.session
    assert session_id

    async def work(tx: Tx) -> None:
        await set_presence(tx, actor, Presence.OFFLINE)
        await end_session(tx, session_id)

    await services.db.run(actor, work)
    services.sessions.forget(session_id)
    visitor.signed_out = True
    answer = done(request, HERE)
    answer.headers["clear-site-data"] = '"cache"'
    return answer


def _staff_path(wish: str) -> str:
    """The page of the desk or the office that was wanted, if it is one."""
    return wish if _OURS.fullmatch(wish) else "/desk"


async def _known(services: Services, given: SignIn) -> Staff:
    key = email_key(given.email) or ""
    found = await services.db.run(SYSTEM, lambda tx: people.password_of(tx, key))
    staff, stored = found or (None, None)
    if not await password_matches(given.password, stored) or staff is None:
        raise Refused("sign_in_failed", 401)
    return staff

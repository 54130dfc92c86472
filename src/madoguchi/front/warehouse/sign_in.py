"""Signing in with a password, and out again."""

import re
from functools import partial
from typing import Any

from litestar import Response

from madoguchi.core.people.staff.queries import Staff, password_of
from madoguchi.core.people.verbs import NewSession, start_session
from madoguchi.front.ui import sign_in as signing
from madoguchi.front.ui.access import EVERYONE, WAREHOUSE, get, post
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.sign_in import Way
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx

HERE = "/warehouse/sign-in"


async def _start(tx: Tx, store_id: str, staff: Staff) -> NewSession:
    return await start_session(tx, store_id=store_id, locale=staff.locale, staff_id=staff.id)


WAY = Way(
    here=HERE,
    template="warehouse/sign_in.html",
    home="/warehouse",
    pages=re.compile(r"/warehouse(?:/[\w-]+)*"),
    roles=WAREHOUSE.at_work,
    find=partial(password_of, roles=WAREHOUSE.at_work),
    start=_start,
)


@get(HERE, access=EVERYONE)
async def show_sign_in(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The form; whoever is in already goes on to what waits."""
    return await signing.show(WAY, request, services, visitor)


@post(HERE, access=EVERYONE)
async def sign_in(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """A new session in place of the one before."""
    return await signing.enter(WAY, request, services, visitor)


@post("/warehouse/sign-out", access=WAREHOUSE)
async def sign_out(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The session is dead."""
    return await signing.leave(WAY, request, services, visitor)

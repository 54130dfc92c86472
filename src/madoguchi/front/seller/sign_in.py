"""Signing in with a password, and out again."""

import re
from typing import Any

from litestar import Response

from madoguchi.core.access.rules import Role
from madoguchi.core.people.sellers import queries as sellers
from madoguchi.core.people.sellers.queries import SellerPerson
from madoguchi.core.people.verbs import NewSession, start_session
from madoguchi.front.ui import sign_in as signing
from madoguchi.front.ui.access import EVERYONE, SELLERS, get, post
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.sign_in import Way
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx

HERE = "/seller/sign-in"


async def _start(tx: Tx, store_id: str, person: SellerPerson) -> NewSession:
    return await start_session(tx, store_id=store_id, locale=person.locale, seller_person_id=person.id)


WAY = Way(
    here=HERE,
    template="seller/sign_in.html",
    home="/seller",
    pages=re.compile(r"/seller(?:/[\w-]+)*"),
    roles=frozenset({Role.SELLER}),
    find=sellers.password_of,
    start=_start,
)


@get(HERE, access=EVERYONE)
async def show_sign_in(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The form; whoever is in already goes on to the questions."""
    return await signing.show(WAY, request, services, visitor)


@post(HERE, access=EVERYONE)
async def sign_in(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """A new session in place of the one before."""
    return await signing.enter(WAY, request, services, visitor)


@post("/seller/sign-out", access=SELLERS)
async def sign_out(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The session is dead."""
    return await signing.leave(WAY, request, services, visitor)

"""Whom one can be: named customers with their stories, customers of an imported shop, the staff."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people import queries, tokens, verbs
from madoguchi.core.people.queries import Customer, Store
from madoguchi.core.people.rules import email_key
from madoguchi.core.people.sellers import queries as sellers
from madoguchi.core.people.sellers.queries import SellerPerson
from madoguchi.core.people.staff.queries import Staff, all_staff, password_of
from madoguchi.core.people.verbs import NewSession
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.edge.stores.demo.people import NAOKI, PEOPLE, YOKO, Story
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.access import EVERYONE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.i18n import NAMES

FOUND = 20  # customers of a search
PAGES = ("gifts", "desk", "office", "seller", "warehouse")
TARGETS = {"home": "/", "shop": "/demo/shop"} | {page: f"/{page}" for page in PAGES}


class Be(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to be, and where to begin."""

    kind: Literal["customer", "staff", "seller", "nobody"]
    ref: str = ""
    store: str = DEMO.id
    to: Literal["home", "shop", "gifts", "desk", "office", "seller", "warehouse"] = "home"


class Shown(msgspec.Struct, frozen=True):
    """Who can be chosen, and who was searched for."""

    staff: Sequence[Staff]
    sellers: Sequence[SellerPerson]
    shops: Sequence[Store]
    found: Sequence[Customer]
    gift_code: str | None


@get("/demo", access=EVERYONE)
async def choose(request: Asked, services: Services, visitor: Visitor, q: str = "") -> Response[str]:
    """Everybody there is."""
    shown = await services.db.run(SYSTEM, lambda tx: _shown(tx, q))
    path = request.url.path
    return page(services, visitor, "demo/people.html", path, people=PEOPLE, given=NAOKI, shown=shown, q=q, names=NAMES)


@post("/demo/be", access=EVERYONE)
async def be(request: Asked, services: Services, visitor: Visitor) -> Redirect:
    """Be this person from now on, in this browser."""
    wish = await form(request, Be)
    slow_down(services.limits.visit, visitor.address)
    made = await services.db.run(SYSTEM, lambda tx: _become(tx, services, visitor, wish))
    if visitor.actor.session:
        services.sessions.forget(visitor.actor.session)
    if made:
        visitor.take(made)
    else:
        visitor.signed_out = True
    return Redirect(TARGETS[wish.to], status_code=303)


async def _shown(tx: Tx, q: str) -> Shown:
    return Shown(
        await all_staff(tx),
        await sellers.everybody(tx),
        await queries.stores(tx),
        await queries.customers_like(tx, q.strip(), FOUND) if q.strip() else (),
        await _gift_code(tx),
    )


async def _gift_code(tx: Tx) -> str | None:
    """What is printed on the slip in the parcel of a present that somebody got; None in a shop without that present."""
    order_id = await order_id_of(tx, DEMO.id, YOKO.order(Story.GIVEN))
    return (await access_order(tx, SYSTEM, order_id)).document.gift_code if order_id else None


async def _become(tx: Tx, services: Services, visitor: Visitor, wish: Be) -> NewSession | None:
    """A customer comes by a token of their shop, as they would from the shop's own pages."""
    match wish.kind:
        case "customer":
            customer = await queries.customer_by_ref(tx, wish.store, wish.ref)
            if customer is None or customer.store_ref is None:
                raise invisible()
            secret = services.shop_secrets(wish.store)
            token = tokens.issue(secret, wish.store, customer.store_ref, tx.now)
            vouched = await verbs.read_shop_token(tx, token, services.shop_secrets)
            return await verbs.sign_in_by_shop(tx, vouched, customer.id, customer.locale, visitor.actor.session)
        case "staff":
            known = await password_of(tx, email_key(wish.ref) or "")
            if known is None:
                raise invisible()
            await _leave(tx, visitor)
            staff = known[0]
            return await verbs.start_session(tx, store_id=visitor.store_id, locale=staff.locale, staff_id=staff.id)
        case "seller":
            answers = await sellers.password_of(tx, email_key(wish.ref) or "")
            if answers is None:
                raise invisible()
            await _leave(tx, visitor)
            person = answers[0]
            return await verbs.start_session(
                tx, store_id=visitor.store_id, locale=person.locale, seller_person_id=person.id
            )
        case "nobody":
            await _leave(tx, visitor)
            return None


async def _leave(tx: Tx, visitor: Visitor) -> None:
    if visitor.actor.session:
        await verbs.end_session(tx, visitor.actor.session)


ROUTES = [choose, be]

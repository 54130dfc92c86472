"""Who somebody is: a code sent to the address the shop knows, or the shop's own word; and leaving."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import SYSTEM, Actor, Level
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.people import queries, verbs
from madoguchi.core.people.codes import verbs as codes
from madoguchi.core.people.rules import CODE_TRIES
from madoguchi.core.people.tokens import ShopToken
from madoguchi.core.people.verbs import NewSession
from madoguchi.front.counter.page import both, local_path, page, place_of, see_other
from madoguchi.front.ui.access import CUSTOMERS, EVERYONE, Access, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

VOUCHED = Access(Level.GUEST, csrf=False)  # comes from the shop's page: Origin is checked and the token is the proof


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mail address, and where to go on."""

    email: str
    next: str = ""


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that was sent, and where to go on."""

    code: str
    next: str = ""


class Voucher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shop's token, and where to go on."""

    token: str
    next: str = ""


class Risen(msgspec.Struct, frozen=True):
    """The session of somebody we know better now, and the chat that they brought along."""

    session: NewSession
    chat: UUID | None


@get(both("/identify"), access=CUSTOMERS)
async def ask(request: Asked, services: Services, visitor: Visitor, next: str = "") -> Response[str]:
    """Which address does the shop know?"""
    return page(request, services, visitor, "identify.html", next=next, email="")


@post(both("/identify"), access=CUSTOMERS)
async def send(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """Send a code there, if the shop knows the address; the answer is the same either way."""
    contact = await form(request, Contact)
    try:
        slow_down(services.limits.sign_in, visitor.address)
        await services.db.run(visitor.actor, visitor.ensure_session)
        await services.db.run(SYSTEM, lambda tx: codes.request_code(tx, visitor.actor, contact.email))
    except Refused as refused:
        return page(
            request,
            services,
            visitor,
            "identify.html",
            refused=refused,
            next=contact.next,
            email=contact.email,
        )
    return see_other(place_of(request).url(_with_next("/identify/code", contact.next)))


@get(both("/identify/code"), access=CUSTOMERS)
async def ask_code(request: Asked, services: Services, visitor: Visitor, next: str = "") -> Response[str]:
    """What was sent?"""
    return page(request, services, visitor, "identify_code.html", next=next)


@post(both("/identify/code"), access=CUSTOMERS)
async def prove(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """The right code makes a new session for the customer; the guest's open chat goes along."""
    given = await form(request, Code)
    guest = visitor.actor

    async def work(tx: Tx) -> Risen | None:
        customer = await codes.prove_by_code(tx, guest, _digits(given.code))
        if customer is None:
            return None  # not a refusal: the try that was used up must stay used up
        made = await verbs.raise_session(tx, guest, customer, Level.PROVEN)
        return Risen(made, await _bring_chat(tx, guest, _risen(guest, customer, made, Level.PROVEN)))

    try:
        slow_down(services.limits.sign_in, visitor.address)
        risen = await services.db.run(SYSTEM, work)
    except Refused as refused:
        return page(request, services, visitor, "identify_code.html", refused=refused, next=given.next)
    if risen is None:
        wrong = visitor.reader.t("counter.identify.code.wrong", n=CODE_TRIES)
        return page(request, services, visitor, "identify_code.html", status=422, next=given.next, problem=wrong)
    _change_session(services, visitor, risen)
    return see_other(local_path(given.next, place_of(request).prefix or "/"))


@post("/session/shop", access=VOUCHED)
async def vouch(request: Asked, services: Services, visitor: Visitor) -> Redirect:
    """The shop says who this is, by a form on its own page."""
    given = await form(request, Voucher)
    await _sign_in(request, services, visitor, given.token)
    return see_other(local_path(given.next))


@post("/widget/session", access=VOUCHED)
async def vouch_in_frame(request: Asked, services: Services, visitor: Visitor) -> Redirect:
    """The same from within the frame; a token that is no good leaves a guest, who can be helped as well."""
    given = await form(request, Voucher)
    try:
        await _sign_in(request, services, visitor, given.token)
    except Refused as refused:
        if refused.status != 401:
            raise
    return see_other(local_path(given.next, "/widget"))


@post("/session/end", access=EVERYONE)
async def leave(services: Services, visitor: Visitor) -> Redirect:
    """The session is dead from now on, and nothing of it stays in the browser."""
    session_id = visitor.actor.session
    if session_id:
        await services.db.run(visitor.actor, lambda tx: verbs.end_session(tx, session_id))
        services.sessions.forget(session_id)
    visitor.signed_out = True
    return Redirect("/", status_code=303, headers={"clear-site-data": '"cache", "storage"'})


async def _sign_in(request: Asked, services: Services, visitor: Visitor, token: str) -> None:
    if request.headers.get("origin") not in {visitor.origin, *services.settings.shop_origins}:
        raise Refused("cross_site", 403)
    slow_down(services.limits.sign_in, visitor.address)
    guest = visitor.actor

    async def work(tx: Tx) -> Risen:
        vouched = await verbs.read_shop_token(tx, token, services.shop_secrets)
        customer = await queries.customer_by_ref(tx, vouched.store_id, vouched.customer_ref)
        if customer is None:
            raise Refused("shop_token_bad", 401)
        made = await verbs.sign_in_by_shop(tx, vouched, customer.id, guest.locale, guest.session)
        known = _risen(_of_shop(guest, vouched), customer.id, made, Level.SIGNED_IN)
        return Risen(made, await _bring_chat(tx, guest, known))

    _change_session(services, visitor, await services.db.run(SYSTEM, work))


async def _bring_chat(tx: Tx, guest: Actor, customer: Actor) -> UUID | None:
    """What somebody began before we knew who they are is theirs, and nothing else of the guest; the chat's id."""
    if guest.id is None or guest.level >= Level.PROVEN or guest.id == customer.id:
        return None
    chat = await case_queries.latest_open_chat(tx, guest.id)
    if chat is None or chat.store_id != customer.store_id:
        return None
    await cases.give_to(tx, chat.id, customer)
    return chat.id


def _change_session(services: Services, visitor: Visitor, risen: Risen) -> None:
    if visitor.actor.session:
        services.sessions.forget(visitor.actor.session)
    visitor.take(risen.session)
    if risen.chat:
        services.bot_due(risen.chat)


def _risen(guest: Actor, customer_id: UUID, made: NewSession, level: Level) -> Actor:
    return msgspec.structs.replace(guest, id=customer_id, session=made.id, level=level)


def _of_shop(guest: Actor, vouched: ShopToken) -> Actor:
    return msgspec.structs.replace(guest, store_id=vouched.store_id)


def _with_next(path: str, next_: str) -> str:
    return f"{path}?next={local_path(next_)}" if next_ else path


def _digits(typed: str) -> str:
    """The code as sent, from full-width digits and with spaces left out."""
    return "".join(str(int(c)) for c in typed if c.isdecimal())[:6]

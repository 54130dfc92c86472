"""Who speaks: sessions from a language and the shop's token; in the demo, the shop's token as well."""

from litestar import Response

from madoguchi.core.access.rules import SYSTEM, Level
from madoguchi.core.people import queries, tokens, verbs
from madoguchi.core.people.queries import Customer
from madoguchi.core.people.rules import CUSTOMER_IDLE, email_key
from madoguchi.front.api.routes import OPEN, Asked, Operation, answer, body, post
from madoguchi.front.api.structs import NewSession, NewShopToken, Session, ShopToken
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible

_TAG = "Sessions"


@post(
    "/sessions",
    Operation(
        tag=_TAG,
        takes=NewSession,
        gives=Session,
        status=201,
        refuses=("shop_token_bad", "shop_token_used", "too_fast"),
    ),
    OPEN,
)
async def begin(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """Begin a session.

    Without `token` it is a guest's. With a token signed by the shop it is that customer's, at level 3. A shop's token
    is good once. The session ends when it was not used for 14 days, or when it is ended.
    """
    wish = await body(request, NewSession)
    token = wish.token
    slow_down(services.limits.visit if token else services.limits.arrive, visitor.address)

    async def work(tx: Tx) -> Session:
        if token is None:
            level, made = Level.GUEST, await verbs.start_session(tx, store_id=visitor.store_id, locale=wish.locale)
        else:
            level, made = Level.SIGNED_IN, await _vouched(tx, services, token, wish.locale)
        return Session(made.token, int(level), wish.locale, tx.now + CUSTOMER_IDLE)

    return answer(await services.db.run(SYSTEM, work), 201)


@post("/sessions/end", Operation(tag=_TAG, status=204))
async def end(services: Services, visitor: Visitor) -> Response[None]:
    """End this session.

    Its token is dead from now on, and its streams close.
    """
    session_id = visitor.actor.session
    assert session_id
    await services.db.run(SYSTEM, lambda tx: verbs.end_session(tx, session_id))
    services.sessions.forget(session_id)
    return Response(None, status_code=204)


@post(
    "/demo/tokens",
    Operation(tag=_TAG, takes=NewShopToken, gives=ShopToken, status=201, refuses=("not_found", "too_fast")),
    OPEN,
)
async def issue(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """A shop's token for a customer (demo only).

    In the demo nobody else plays the shop's server, so this call does: give `store` and `customer_ref`, or `email`,
    of any customer of the demo shop or of an imported one. Elsewhere there is no such call: the answer is 404.
    """
    if not services.demo:
        raise invisible()
    wish = await body(request, NewShopToken)
    slow_down(services.limits.visit, visitor.address)
    customer = await services.db.run(SYSTEM, lambda tx: _wished(tx, list(services.stores), wish))
    assert customer.store_ref
    token = tokens.issue(services.shop_secrets(customer.store_id), customer.store_id, customer.store_ref, clock.now())
    return answer(ShopToken(token, customer.store_id, customer.store_ref, customer.name, customer.locale), 201)


async def _vouched(tx: Tx, services: Services, token: str, locale: str) -> verbs.NewSession:
    vouched = await verbs.read_shop_token(tx, token, services.shop_secrets)
    customer = await queries.customer_by_ref(tx, vouched.store_id, vouched.customer_ref)
    if customer is None:
        raise Refused("shop_token_bad", 401)
    return await verbs.sign_in_by_shop(tx, vouched, customer.id, locale, None)


async def _wished(tx: Tx, stores: list[str], wish: NewShopToken) -> Customer:
    if wish.store and wish.customer_ref and not wish.email:
        found = await queries.customer_by_ref(tx, wish.store, wish.customer_ref)
    elif wish.email and not wish.customer_ref:
        found = await _by_email(tx, [wish.store] if wish.store else stores, wish.email)
    else:
        raise Refused("invalid_json", detail="store and customer_ref, or email")
    if found is None:
        raise invisible()
    return found


async def _by_email(tx: Tx, stores: list[str], email: str) -> Customer | None:
    key = email_key(email)
    for store in stores if key else ():
        if customers := await queries.customers_by_email(tx, store, key or ""):
            return customers[0]
    return None


ROUTES = [begin, end, issue]

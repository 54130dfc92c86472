"""What the shop knows of its customer, and what can be done about it."""

from litestar import Response

from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.shop.port import Balance
from madoguchi.core.shop.queries import CustomerFacts, customer_facts
from madoguchi.front.api.offered import offered
from madoguchi.front.api.routes import KNOWN, Operation, answer, get
from madoguchi.front.api.structs import OfferedAction, PaymentMethod
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx

_TAG = "Customer"


@get("/me/payment-methods", Operation(tag=_TAG, gives=list[PaymentMethod]), KNOWN)
async def payment_methods(services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's payment methods on file at the shop, with what they hold."""
    actor = visitor.actor

    async def work(tx: Tx) -> CustomerFacts:
        assert actor.id
        return await customer_facts(tx, actor, actor.id)

    facts = await services.db.run(actor, work)
    return answer([_method(method) for method in facts.methods])


@get("/me/actions", Operation(tag=_TAG, gives=list[OfferedAction]), KNOWN)
async def offers(services: Services, visitor: Visitor) -> Response[bytes]:
    """What can be done now beside orders: about the customer, and about each subscription."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[OfferedAction]:
        assert actor.id
        facts = await customer_facts(tx, actor, actor.id)
        subscriptions = (Subject(About.SUBSCRIPTION, actor.id, one.ref) for one in facts.subscriptions)
        things = (Subject(About.CUSTOMER, actor.id), *subscriptions)
        return await offered(tx, services.catalogue, actor, things, visitor.reader)

    return answer(await services.db.run(actor, work))


def _method(of: Balance) -> PaymentMethod:
    return PaymentMethod(
        ref=of.method_ref,
        kind=of.kind,
        label=of.label,
        balance=told.money_of(of.balance) if of.balance is not None else None,
    )


ROUTES = [payment_methods, offers]

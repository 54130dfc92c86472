"""What a customer holds with the shop: gift balance, points, store credit."""

from litestar import Response

from madoguchi.core.shop.queries import CustomerFacts, customer_facts
from madoguchi.front.counter.page import page
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx


@get("/balances", access=KNOWN_CUSTOMERS)
async def balances(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """Each with what is left on it."""
    actor, reader = visitor.actor, visitor.reader

    async def work(tx: Tx) -> CustomerFacts:
        assert actor.id
        return await customer_facts(tx, actor, actor.id)

    facts = await services.db.run(actor, work)
    held = [(one.label, reader.money(one.balance)) for one in facts.methods if one.balance is not None]
    return page(request, services, visitor, "balances.html", balances=held)

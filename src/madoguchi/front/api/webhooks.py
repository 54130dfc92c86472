"""Where payment providers tell that there is news of a refund."""

from litestar import Response

from madoguchi.front.api.routes import OPEN, Asked, Operation, post
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.service.refunds import webhooks


@post(
    "/webhooks/payments/{store_id:str}",
    Operation(tag="Webhooks", status=204, refuses=("webhook_bad", "too_fast")),
    OPEN,
)
async def payments(request: Asked, services: Services, visitor: Visitor, store_id: str) -> Response[None]:
    """Take news of a refund from the payment provider of a store, signed as the provider signs.

    It may come twice, late, or in any order. Refused as too fast, it is to come again.
    """
    slow_down(services.limits.visit, visitor.address)
    provider = services.providers.get(store_id)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if provider is None or not await webhooks.take(services.db, provider, headers, await request.body()):
        raise Refused("webhook_bad", 401)
    return Response(None, status_code=204)


ROUTES = [payments]

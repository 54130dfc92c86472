"""Where payment providers tell that there is news of a refund."""

from litestar import Response

from madoguchi.front.api.routes import OPEN, Asked, Operation, post
from madoguchi.front.ui.services import Services
from madoguchi.kit.errors import Refused
from madoguchi.service.refunds import webhooks


@post(
    "/webhooks/payments/{store_id:str}",
    Operation(tag="Webhooks", status=204, refuses=("webhook_bad",)),
    OPEN,
)
async def payments(request: Asked, services: Services, store_id: str) -> Response[None]:
    """Take news of a refund from the payment provider of a store, signed as the provider signs.

    It may come twice, late, or in any order.
    """
    provider = services.providers.get(store_id)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if provider is None or not await webhooks.take(services.db, provider, headers, await request.body()):
        raise Refused("webhook_bad", 401)
    return Response(None, status_code=204)


ROUTES = [payments]

"""Look-ups and harmless acts of the catalogue, by name."""

from litestar import Response

from madoguchi.core.actions import verbs
from madoguchi.front.api.routes import Asked, Operation, answer, body, post
from madoguchi.front.api.structs import Arguments, Result
from madoguchi.front.ui import told
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor


@post(
    "/actions/{name:str}",
    Operation(
        tag="Actions",
        takes=Arguments,
        gives=Result,
        refuses=("unknown_action", "needs_quote", "identity_needed", "invalid_arguments", "not_found", "too_fast"),
    ),
)
async def run(request: Asked, services: Services, visitor: Visitor, name: str) -> Response[bytes]:
    """Do a look-up or a harmless act at once, such as `service.human` or `survey.answer`.

    Whatever changes an order or money goes through a quote instead.
    """
    wish = await body(request, Arguments)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    card = await services.db.run(actor, lambda tx: verbs.run(tx, services.catalogue, actor, name, wish.arguments))
    return answer(Result(told.card(card, visitor.reader)))


ROUTES = [run]

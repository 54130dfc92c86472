"""The sellers' live stream: that something is new at their door; what it is, their pages come to read again."""

from typing import Any

from litestar import Response

from madoguchi.front.ui import stream
from madoguchi.front.ui.access import SELLERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor


@get("/seller/live", access=SELLERS, by_itself=True)
async def live(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """Questions and claims that came, and what became of them."""
    return await stream.live(request, services, visitor)

"""The counter's live stream."""

from typing import Any

from litestar import Response

from madoguchi.front.ui import stream
from madoguchi.front.ui.access import HEARERS, get
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor


@get("/live", access=HEARERS, by_itself=True)
async def live(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """Entries, typing and read marks as they come."""
    return await stream.live(request, services, visitor)

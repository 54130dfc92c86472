"""What a page at work answers a post with: the way on (JSON for scripts)."""

from typing import Any

from litestar import Response
from litestar.response import Redirect

from madoguchi.front.ui.page import Asked


def done(request: Asked, on: str, **facts: Any) -> Response[Any]:
    """The answer to a post that was stored: the facts, or the page to go on with."""
    return Response({"url": on} | facts) if wants_json(request) else Redirect(on, status_code=303)


def wants_json(request: Asked) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return "application/json" in request.headers.get("accept", "")

"""What a page answers a post with: the way on (JSON for scripts), or why not."""

from typing import Any

from litestar import Response
from litestar.response import Redirect

from madoguchi.front.ui.page import Asked
from madoguchi.kit.errors import Refused


def done(request: Asked, on: str, **facts: Any) -> Response[Any]:
    """The answer to a post that was stored: the facts, or the page to go on with."""
    return Response({"url": on} | facts) if wants_json(request) else Redirect(on, status_code=303)


def raise_unshown(request: Asked, refused: Refused) -> None:
    """Raise it where the page with the form cannot tell it: to a script, or of what is not there for this visitor."""
    if wants_json(request) or refused.status == 404:
        raise refused


def wants_json(request: Asked) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return "application/json" in request.headers.get("accept", "")

"""What the desk answers with: a page, a part of one, or, after a post, the way on (JSON for scripts)."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from madoguchi.front.ui.middleware import csrf_token
from madoguchi.front.ui.render import html_response
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import RateLimit

WebRequest = Request[Any, Any, Any]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form in which the press of its button says it all."""


def page(
    services: Services,
    visitor: Visitor,
    template: str,
    path: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
    **context: Any,
) -> Response[Any]:
    """A page, or a part of one, for this visitor; `path` is where it can be read again, `refused` what went wrong."""
    context["refusal"] = visitor.reader.t(refused.key, **refused.parameters) if refused else ""
    csrf = csrf_token(services.signer, visitor)
    text = services.pages.html(f"desk/{template}", visitor, csrf, path, **context)
    wait = refused.retry_after if refused else None
    headers = {"retry-after": str(max(1, round(wait)))} if wait else {}
    return html_response(text, refused.status if refused else status, headers)


def done(request: WebRequest, on: str, **facts: Any) -> Response[Any]:
    """The answer to a post that was stored: the facts, or the page to go on with."""
    return Response({"url": on} | facts) if wants_json(request) else Redirect(on, status_code=303)


def wants_json(request: WebRequest) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return "application/json" in request.headers.get("accept", "")


def slow_down(limit: RateLimit, key: str) -> None:
    """Refuse who comes too often."""
    if wait := limit.wait(key):
        raise Refused("too_fast", 429, retry_after=wait)

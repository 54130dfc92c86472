"""A page as an answer: rendered for the visitor, also with what was refused."""

from math import ceil
from typing import Any

from litestar import Request, Response

from madoguchi.front.ui.middleware import csrf_token
from madoguchi.front.ui.render import html_response
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused

Asked = Request[Any, Any, Any]


def page(
    services: Services,
    visitor: Visitor,
    template: str,
    path: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
    **context: Any,
) -> Response[str]:
    """A page, or a part of one; `path` is where it can be read again.

    `refused` gives it the refusal's status and Retry-After, and its sentence as `problem` unless the context has one.
    """
    problem = {"problem": sentence(refused, visitor) if refused else ""}
    csrf = csrf_token(services.signer, visitor)
    text = services.pages.html(template, visitor, csrf, path, **(problem | context))
    return html_response(text, refused.status if refused else status, waiting(refused) if refused else {})


def sentence(refused: Refused, visitor: Visitor) -> str:
    """What happened and what to do, in the visitor's language."""
    return visitor.reader.t(refused.key, **refused.parameters)


def waiting(refused: Refused) -> dict[str, str]:
    """The header that says when to come again, if the refusal knows."""
    return {"retry-after": str(max(1, ceil(refused.retry_after)))} if refused.retry_after else {}

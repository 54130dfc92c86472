"""A page of the demo."""

from typing import Any

from litestar import Request, Response

from madoguchi.front.ui.middleware import csrf_token
from madoguchi.front.ui.render import html_response
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor

Asked = Request[Any, Any, Any]


def page(request: Asked, services: Services, visitor: Visitor, template: str, **context: Any) -> Response[str]:
    """The page for this visitor."""
    csrf = csrf_token(services.signer, visitor)
    return html_response(services.pages.html(template, visitor, csrf, request.url.path, **context))

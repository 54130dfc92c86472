"""Every route of this door: the operations, and their documentation."""

from litestar.handlers import HTTPRouteHandler

from madoguchi.front.api.docs import ROUTES as DOCS
from madoguchi.front.api.operations import OPERATIONS

ROUTES: list[HTTPRouteHandler] = [*OPERATIONS, *DOCS]

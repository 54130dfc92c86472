"""The look-book: every part the pages are built from, with real words in it."""

from litestar import Response

from madoguchi.front.ui.access import EVERYONE, get
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.errors import invisible
from madoguchi.kit.money import Money

SHEETS = {"room": "look/room.html", "desk": "look/desk.html", "embed": "look/embed.html"}


@get(["/demo/look", "/demo/look/{sheet:str}"], access=EVERYONE)
async def look(request: Asked, services: Services, visitor: Visitor, sheet: str = "") -> Response[str]:
    """One sheet of the book."""
    template = SHEETS.get(sheet) if sheet else "lookbook.html"
    if template is None:
        raise invisible()
    now = clock.now().astimezone(visitor.reader.zone)
    return page(services, visitor, template, request.url.path, now=now, money=_yen)


def _yen(amount: int) -> Money:
    return Money(amount, "JPY")


ROUTES = [look]

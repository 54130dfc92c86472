"""The chat inside shops' pages: the frame's first page, and the loader that makes the frame."""

import json
from functools import cache

from litestar import Response

from madoguchi.front.counter import finder
from madoguchi.front.counter.home import overview
from madoguchi.front.counter.page import page
from madoguchi.front.ui.access import CUSTOMERS, EVERYONE, get
from madoguchi.front.ui.middleware import Names
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.render import DIST
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.i18n import LANGUAGES, Reader


@get("/widget", access=CUSTOMERS)
async def widget(request: Asked, services: Services, visitor: Visitor, lang: str = "", shop: str = "") -> Response[str]:
    """What the frame shows first. `lang` is the shop page's, for who has not chosen; `shop` is the page's origin."""
    if lang in LANGUAGES and visitor.session is None and Names.lang not in request.cookies:
        visitor.reader = Reader(lang, str(visitor.reader.zone))
        visitor.remembered[Names.lang] = lang
    found = await services.db.run(visitor.actor, lambda tx: overview(tx, visitor))
    allowed = {visitor.origin, *services.settings.shop_origins}
    return page(
        request,
        services,
        visitor,
        "widget.html",
        found=found,
        choices=finder.likeliest(visitor.reader),
        shop_origin=shop if shop in allowed else "",
        client_id=ids.uuid7(),
    )


@get("/widget.js", access=EVERYONE)
async def loader() -> Response[bytes]:
    """The built loader under an address that stays; kept for minutes only, so that a new build arrives."""
    return Response(
        _loader(),
        media_type="text/javascript; charset=utf-8",
        headers={
            "cache-control": "public, max-age=300",
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        },
    )


@cache
def _loader() -> bytes:
    name: str = json.loads((DIST / "manifest.json").read_text())["widget.js"]
    return (DIST / name).read_bytes()

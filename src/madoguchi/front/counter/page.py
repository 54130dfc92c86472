"""What every handler of the counter needs: pages, where they are shown, and who asks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import Level
from madoguchi.front.ui import page as pages
from madoguchi.front.ui.middleware import EMBEDDED
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

PATIENCE = 2.0  # seconds

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where a page stands: on our own site, or in the frame that a shop's page holds."""

    prefix: str

    @property
    def layout(self) -> str:
        """The frame around the page."""
        return "layout_embed.html" if self.prefix else "counter/base.html"

    def url(self, path: str) -> str:
        """The address of another page of the same place."""
        return self.prefix + path


def place_of(request: Asked) -> Place:
    """Where this request's page stands."""
    return Place(EMBEDDED if request.url.path.startswith(EMBEDDED) else "")


def both(path: str) -> list[str]:
    """A route that stands in both places."""
    return [path, EMBEDDED + path]


def page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    template: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
    **context: Any,
) -> Response[str]:
    """A page of the counter where this request's page stands; `refused` as for every page."""
    context["place"] = place_of(request)
    path = request.url.path
    return pages.page(services, visitor, f"counter/{template}", path, status=status, refused=refused, **context)


def see_other(url: str) -> Redirect:
    """After a post: go and look there."""
    return Redirect(url, status_code=303)


def local_path(wish: str, fallback: str = "/") -> str:
    """An address of ours to go to, as wished, if it is one."""
    parts = urlsplit(wish)
    plain = wish.startswith("/") and not wish.startswith(("//", "/\\")) and "\\" not in wish and wish.isprintable()
    return quote(wish, safe="/?=&%#-_.~:") if plain and not parts.netloc else fallback


async def answered(turn: asyncio.Task[None]) -> None:
    """Wait a moment for the bot's turn, so that the next page shows its answer also where no script runs."""
    await asyncio.wait([turn], timeout=PATIENCE)


async def own(request: Asked, services: Services, visitor: Visitor, work: Callable[[Tx], Awaitable[T]]) -> T:
    """What `work` reads of the visitor's own; guests are asked who they are before they hear that there is nothing."""
    try:
        return await services.db.run(visitor.actor, work)
    except Refused as refused:
        if refused.status == 404 and visitor.actor.level < Level.PROVEN:
            raise Refused("sign_in_needed", 401, signs_in=place_of(request).url("/identify")) from refused
        raise

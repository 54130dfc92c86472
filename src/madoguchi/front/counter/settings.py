"""How somebody wants to read: language, size, colours, contrast."""

from typing import Any, Literal

import msgspec
from litestar import Response

from madoguchi.core.people import verbs as people
from madoguchi.front.counter.page import local_path, see_other
from madoguchi.front.ui.access import EVERYONE, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.middleware import Names
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import wants_json
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change; None stays as it is."""

    lang: Literal["ja", "en", "zh", "ko"] | None = None
    theme: Literal["auto", "light", "dark"] | None = None
    contrast: Literal["auto", "normal", "more"] | None = None
    text: Literal["1", "1.25", "1.5"] | None = None
    next: str = "/"


@post("/settings/display", access=EVERYONE)
async def display(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """Remember it in this browser, the language also in the session."""
    wishes = await form(request, Wishes)
    if wishes.lang:
        visitor.remembered[Names.lang] = wishes.lang
        await _tell_session(services, visitor, wishes.lang)
    if wishes.theme or wishes.contrast or wishes.text:
        now = visitor.display
        chosen = (wishes.theme or now.theme, wishes.contrast or now.contrast, wishes.text or now.text)
        visitor.remembered[Names.display] = ".".join(chosen[:2]) + "." + chosen[2].replace(".", "_")
    if wants_json(request):
        return Response(None, status_code=204)
    return see_other(local_path(wishes.next))


async def _tell_session(services: Services, visitor: Visitor, lang: str) -> None:
    session_id = visitor.actor.session
    if session_id:
        await services.db.run(visitor.actor, lambda tx: people.set_locale(tx, session_id, lang))
        services.sessions.forget(session_id)

"""The development mail box: every mail that the demo sent, as its receiver would see it."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.channels.email import queries
from madoguchi.edge.channels.email.queries import CaughtMail
from madoguchi.front.ui.access import EVERYONE, get
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import invisible

SHOWN = 50
# Mail is foreign HTML: it runs nothing, loads nothing and sends nothing; its own style sheet is all it has.
_SHUT_IN = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class Line(msgspec.Struct, frozen=True):
    """A mail in the list."""

    url: str
    subject: str
    correspondent: str
    time: datetime
    unread: bool = False


class Letter(msgspec.Struct, frozen=True):
    """A mail as it was received."""

    subject: str
    sender: str
    recipient: str
    time: datetime
    text: str
    code: str = ""


@get("/demo/mail", access=EVERYONE)
async def box(
    request: Asked, services: Services, visitor: Visitor, address: str = "", before: UUID | None = None
) -> Response[str]:
    """Mails, newest first, to everybody or to one address."""
    mails = await services.db.run(
        SYSTEM, lambda tx: queries.caught(tx, address=address or None, before=before, limit=SHOWN)
    )
    lines = [Line(f"/demo/mail/{m.id}", m.subject, m.address, m.caught_at) for m in mails]
    older = mails[-1].id if len(mails) == SHOWN else None
    return page(services, visitor, "demo/mailbox.html", request.url.path, mails=lines, address=address, older=older)


@get("/demo/mail/{mail_id:uuid}", access=EVERYONE)
async def one(request: Asked, services: Services, visitor: Visitor, mail_id: UUID) -> Response[str]:
    """One mail: its text, and beside it what a mail program shows."""
    mail = await _mail(services, mail_id)
    letter = Letter(mail.subject, mail.sender, mail.address, mail.caught_at, mail.body)
    return page(services, visitor, "demo/mail.html", request.url.path, letter=letter, mail=mail)


@get("/demo/mail/{mail_id:uuid}/html", access=EVERYONE)
async def as_shown(services: Services, mail_id: UUID) -> Response[str]:
    """The HTML part, shut in."""
    mail = await _mail(services, mail_id)
    return Response(mail.html or "", media_type="text/html", headers={"content-security-policy": _SHUT_IN})


async def _mail(services: Services, mail_id: UUID) -> CaughtMail:
    mail = await services.db.run(SYSTEM, lambda tx: queries.caught_mail(tx, mail_id))
    if mail is None:
        raise invisible()
    return mail


ROUTES = [box, one, as_shown]

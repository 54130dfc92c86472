"""The development mail box's SMTP server, on loopback."""

import asyncio
import logging

from aiosmtpd.smtp import SMTP, Envelope, Session

from madoguchi.core.access.rules import SYSTEM
from madoguchi.edge.channels.email import verbs
from madoguchi.kit.db import Database

LARGEST_MAIL = 10_000_000  # bytes
log = logging.getLogger(__name__)


class MailBox:
    """Takes any mail that reaches it and keeps it for the demo's page."""

    def __init__(self, database: Database, port: int = 0) -> None:
        self._db = database
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Open the box; its address for SmtpMailer. Port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self._port)
        host, port = self._server.sockets[0].getsockname()
        return f"smtp://{host}:{port}"

    async def stop(self) -> None:
        """Take no more mails."""
        if self._server:
            self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the mail; only then it is taken."""
        raw = envelope.content
        assert isinstance(raw, bytes)
        try:
            await self._db.run(SYSTEM, lambda tx: verbs.catch(tx, raw, envelope.rcpt_tos))
        except Exception:
            log.exception("a mail could not be kept")
            return "451 Not now"
        return "250 Kept"

    def _session(self) -> SMTP:
        return SMTP(self, data_size_limit=LARGEST_MAIL, hostname="localhost", loop=asyncio.get_running_loop())

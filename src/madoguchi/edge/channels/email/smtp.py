"""Handing mails to a mail server."""

import asyncio
import re
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors

from madoguchi.kit.db import assert_outside
from madoguchi.service.notices.port import Undelivered
from madoguchi.service.notices.rules import Refusal

ANSWER_WITHIN = 20.0  # seconds for each answer of the server
SEND_WITHIN = 90.0  # seconds for the whole; less than service.notices.rules.LEASE
_NOT_THE_ADDRESS = re.compile(r"5\.[^12]\.")  # enhanced status codes (RFC 3463): 5.1 and 5.2 speak of the mailbox
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SmtpMailer:
    """Sends through the server of an address such as smtp://user:password@host:587 or smtps://host.

    smtp:// is raised to TLS where the server offers it; a password goes over TLS only, save on this machine.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._sender = sender
        self._host = parts.hostname or "localhost"
        self._port = parts.port
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._use_tls = parts.scheme == "smtps"
        must_start_tls = self._username and not self._use_tls and self._host not in _LOOPBACK
        self._start_tls = True if must_start_tls else None

    async def send(self, mail: bytes, address: str) -> None:
        """Hand the mail over; Undelivered when the server says no, says nothing, or is not there."""
        assert_outside()
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await self._send(mail, address)
        except (errors.SMTPException, OSError, TimeoutError) as error:
            raise Undelivered(_refusal(error), str(error) or type(error).__name__) from error

    async def _send(self, mail: bytes, address: str) -> None:
        await aiosmtplib.send(
            mail,
            sender=self._sender,
            recipients=[address],
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._use_tls,
            start_tls=self._start_tls,
            local_hostname=self._sender.rpartition("@")[2],
            timeout=ANSWER_WITHIN,
        )


def _refusal(error: Exception) -> Refusal:
    """Only what the server says of this address or this mail is final; the rest is ours or the server's to mend."""
    match error:
        case errors.SMTPRecipientsRefused(recipients=[refused]) if refused.code >= 500:
            return Refusal.MAIL if _NOT_THE_ADDRESS.match(refused.message) else Refusal.ADDRESS
        case errors.SMTPDataError() if error.code >= 500:
            return Refusal.MAIL
    return Refusal.LATER

"""Filling the development mail box. Never commits."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from madoguchi.kit import ids
from madoguchi.kit.db import Tx


async def catch(tx: Tx, raw: bytes, addresses: Sequence[str]) -> None:
    """Keep a mail once for each address of its envelope."""
    mail = message_from_bytes(raw, policy=default)
    for address in addresses:
        await tx.execute(
            """insert into caught_mails (id, caught_at, address, sender, subject, message_id, body, html, raw)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                ids.uuid7(),
                tx.now,
                address,
                str(mail["From"] or ""),
                str(mail["Subject"] or ""),
                str(mail["Message-ID"] or "").strip(),
                _part(mail, "plain") or "",
                _part(mail, "html"),
                raw,
            ],
        )


def _part(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else None

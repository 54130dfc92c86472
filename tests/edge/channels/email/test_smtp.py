"""Sending over real connections: to servers that work, refuse, vanish or fall silent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.edge.channels.email import queries, smtp
from madoguchi.edge.channels.email.box import MailBox
from madoguchi.edge.channels.email.smtp import SmtpMailer
from madoguchi.kit.db import Database, Tx
from madoguchi.service.notices.port import Undelivered
from madoguchi.service.notices.rules import LEASE, Refusal

SENDER = "support@madoguchi.example"
TO = "misaki.sato@example.jp"
MAIL = (
    b"From: =?utf-8?b?44G+44Gp44GQ44Gh?= <support@madoguchi.example>\r\nSubject: =?utf-8?b?5o6n44GI?=\r\n"
    b"Message-ID: <M-1.x@madoguchi.example>\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n44GK5bGK44GR44GX44G+44GZ44CC\r\n.\r\n"
)


class Server:
    """An SMTP server that follows a script: command → reply; a reply of None hangs up, "" says nothing."""

    def __init__(self, **replies: str | None) -> None:
        usual = {"hello": "220 hello", "ehlo": "250 me", "mail": "250 ok", "rcpt": "250 ok", "data": "354 go"}
        self.replies: dict[str, str | None] = {
            **usual,
            "end": "250 taken",
            "quit": "221 bye",
            "rset": "250 ok",
            **replies,
        }
        self.taken: list[bytes] = []
        self.commands: list[str] = []

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            going = await self._reply(writer, "hello")
            while going and (line := await reader.readline()):
                command = line.split(maxsplit=1)[0].decode().lower().strip()
                self.commands.append(line.decode().strip())
                going = await self._reply(writer, command)
                if command == "data" and self.replies["data"] == "354 go":
                    self.taken.append(await reader.readuntil(b"\r\n.\r\n"))
                    going = await self._reply(writer, "end")
                going = going and command != "quit"
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client gave up
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, command: str) -> bool:
        reply = self.replies[command]
        if reply:
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
        return reply is not None


async def refused(url: str) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await SmtpMailer(url, SENDER).send(MAIL, TO)
    return caught.value


async def test_a_mail_is_handed_over_as_it_was_built() -> None:
    async with Server() as server:
        await SmtpMailer(server.url, SENDER).send(MAIL, TO)
    assert server.commands[:4] == ["EHLO madoguchi.example", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{TO}>", "DATA"]
    assert server.taken[0].replace(b"\r\n..\r\n", b"\r\n.\r\n").startswith(MAIL.rstrip())


@pytest.mark.parametrize(
    ("replies", "refusal"),
    [
        ({"rcpt": "550 5.1.1 no such user"}, Refusal.ADDRESS),
        ({"rcpt": "550 no such user"}, Refusal.ADDRESS),
        ({"rcpt": "552 5.2.2 mailbox full for years"}, Refusal.ADDRESS),
        ({"rcpt": "550 5.7.1 your network is on our list"}, Refusal.MAIL),
        ({"rcpt": "451 4.2.0 greylisted"}, Refusal.LATER),
        ({"rcpt": "452 4.2.2 mailbox full"}, Refusal.LATER),
        ({"end": "554 5.7.1 looks like spam"}, Refusal.MAIL),
        ({"data": "554 5.7.1 no"}, Refusal.MAIL),
        ({"end": "452 4.3.1 disk full"}, Refusal.LATER),
        ({"end": None}, Refusal.LATER),
        ({"data": None}, Refusal.LATER),
        ({"hello": "554 5.3.2 not today"}, Refusal.LATER),
        ({"hello": "421 4.3.2 busy"}, Refusal.LATER),
        ({"hello": None}, Refusal.LATER),
        ({"mail": "550 5.7.1 sender not allowed"}, Refusal.LATER),
    ],
)
async def test_what_the_server_says_decides(replies: dict[str, str | None], refusal: Refusal) -> None:
    async with Server(**replies) as server:
        error = await refused(server.url)
    assert error.refusal is refusal
    assert str(error)


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ANSWER_WITHIN", 0.1)
    async with Server(end="") as server:
        assert (await refused(server.url)).refusal is Refusal.LATER


async def test_nobody_there_means_later() -> None:
    async with Server() as server:
        pass
    assert (await refused(server.url)).refusal is Refusal.LATER


async def test_a_password_never_goes_to_a_foreign_server_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", set())
    async with Server(ehlo="250 AUTH PLAIN LOGIN") as server:
        url = server.url.replace("//", "//user:secret@")
        assert (await refused(url)).refusal is Refusal.LATER
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_a_sending_ends_before_its_lease() -> None:
    assert timedelta(seconds=smtp.SEND_WITHIN) < LEASE


async def test_no_mail_goes_out_while_a_transaction_is_open(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await SmtpMailer("smtp://127.0.0.1:9", SENDER).send(MAIL, TO)

    with pytest.raises(RuntimeError):
        await db.run(SYSTEM, work)


# --- the development mail box ---------------------------------------------------------------------------------------


@pytest.fixture
async def box(db: Database) -> AsyncIterator[str]:
    """The address of a mail box."""
    made = MailBox(db)
    yield await made.start()
    await made.stop()


async def test_the_box_keeps_what_arrives(db: Database, box: str) -> None:
    await SmtpMailer(box, SENDER).send(MAIL, TO)
    (line,) = await db.run(SYSTEM, queries.caught)
    mail = await db.run(SYSTEM, lambda tx: queries.caught_mail(tx, line.id))
    assert mail
    assert (mail.address, mail.subject, mail.message_id) == (TO, "控え", "<M-1.x@madoguchi.example>")
    assert mail.body.strip() == "お届けします。"
    assert mail.html is None
    assert message_from_bytes(mail.raw, policy=default)["Subject"] == "控え"


async def test_the_box_lists_by_address_and_by_pages(db: Database, box: str) -> None:
    mailer = SmtpMailer(box, SENDER)
    for address in (TO, "emma.brown@example.com", TO):
        await mailer.send(MAIL, address)
    whole = await db.run(SYSTEM, queries.caught)
    assert [line.address for line in whole] == [TO, "emma.brown@example.com", TO]
    assert len(await db.run(SYSTEM, lambda tx: queries.caught(tx, address=TO))) == 2
    rest = await db.run(SYSTEM, lambda tx: queries.caught(tx, before=whole[0].id))
    assert list(rest) == list(whole[1:])
    assert await db.run(SYSTEM, lambda tx: queries.caught_mail(tx, uuid4())) is None


async def test_the_box_is_no_customers_business(db: Database, box: str) -> None:
    await SmtpMailer(box, SENDER).send(MAIL, TO)
    assert await db.run(Actor(role=Role.CUSTOMER, id=uuid4()), queries.caught) == []


async def test_a_box_that_cannot_keep_a_mail_does_not_take_it(
    db: Database, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(db, "run", fail)
    assert (await refused(box)).refusal is Refusal.LATER

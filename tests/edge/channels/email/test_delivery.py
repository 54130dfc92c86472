"""From an event to a mail that lies in somebody's box, over real SMTP, with what can go wrong on the way."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.edge.channels.email import queries
from madoguchi.edge.channels.email.box import MailBox
from madoguchi.edge.channels.email.smtp import SmtpMailer
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.service.notices import jobs as notices
from madoguchi.service.notices import verbs
from madoguchi.service.notices.rules import LEASE
from tests.edge.channels.email.test_smtp import SENDER, Server
from tests.service.notices.conftest import world as world  # the fixture
from tests.service.notices.world import MISAKI, World


async def tell(world: World) -> None:
    """A transcript lies in the outbox."""

    async def hello(tx: Tx, actor: Actor, case_id: UUID) -> None:
        await talking.say(tx, actor, case_id, text="やかんがまだ届きません")

    await world.close_case(hello)
    await world.react()


async def post(world: World, url: str, later: timedelta = timedelta(0)) -> None:
    with clock.frozen(clock.now() + later):
        await notices.post(world.db, SmtpMailer(url, SENDER), jobs.Nothing())


async def state(world: World) -> tuple[str, int]:
    found = await world.db.run(SYSTEM, lambda tx: tx.value("select state || ' ' || attempts from deliveries"))
    word, attempts = found.split()
    return word, int(attempts)


@pytest.fixture
async def box(db: Database) -> AsyncIterator[str]:
    """The address of a development mail box."""
    made = MailBox(db)
    yield await made.start()
    await made.stop()


async def test_what_is_told_arrives_once_and_reads_the_same(world: World, box: str, now: datetime) -> None:
    await tell(world)
    for _ in range(3):
        await post(world, box)
    assert await state(world) == ("sent", 1)
    (line,) = await world.db.run(SYSTEM, queries.caught)
    mail = await world.db.run(SYSTEM, lambda tx: queries.caught_mail(tx, line.id))
    assert mail
    assert mail.address == MISAKI.email
    assert mail.sender == "まどぐち商店 お客様窓口 <support@madoguchi.example>"
    told = await world.db.run(SYSTEM, lambda tx: tx.value("select body from messages"))
    assert mail.body.startswith(told)
    assert mail.html
    assert "やかんがまだ届きません" in mail.html


async def test_a_lost_reply_may_send_twice_but_the_same_mail(world: World) -> None:
    await tell(world)
    async with Server(end=None) as server:
        await post(world, server.url)
        assert await state(world) == ("queued", 1)
        server.replies["end"] = "250 taken"
        await post(world, server.url, timedelta(minutes=1))
    assert await state(world) == ("sent", 2)
    first, second = (message_from_bytes(raw, policy=default) for raw in server.taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert server.taken[0] == server.taken[1]


async def test_a_sender_killed_after_the_server_took_the_mail_sends_the_same_again(world: World, box: str) -> None:
    await tell(world)
    outgoing = await world.db.run(SYSTEM, verbs.claim_delivery)
    assert outgoing
    await SmtpMailer(box, SENDER).send(outgoing.mail, outgoing.address)  # and is killed before it can say so
    await post(world, box)
    assert await state(world) == ("sending", 1)
    await post(world, box, LEASE)
    assert await state(world) == ("sent", 2)
    ids = await world.db.run(SYSTEM, lambda tx: tx.value("select array_agg(distinct message_id) from caught_mails"))
    assert len(ids) == 1


async def test_a_no_for_good_is_not_asked_again(world: World) -> None:
    await tell(world)
    async with Server(rcpt="550 5.1.1 no such user") as server:
        for hours in range(3):
            await post(world, server.url, timedelta(hours=hours))
    assert await state(world) == ("failed", 1)
    assert sum(command.startswith("RCPT") for command in server.commands) == 1


async def test_a_server_that_comes_back_gets_what_waited(world: World, box: str) -> None:
    await tell(world)
    async with Server() as gone:
        pass
    await post(world, gone.url)
    assert await state(world) == ("queued", 1)
    await post(world, box, timedelta(minutes=1))
    assert await state(world) == ("sent", 2)
    assert len(await world.db.run(SYSTEM, queries.caught)) == 1

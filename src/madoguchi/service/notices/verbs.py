"""Keeping what is told, and the outbox of its mails. Never commits and never goes outside."""

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import Actor
from madoguchi.core.people.queries import Customer
from madoguchi.kit import ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.mail import Block, Mail, Mailbox, ascii_address, build, plain
from madoguchi.kit.security import Signer
from madoguchi.service.notices import letters, queries, rules
from madoguchi.service.notices.letters import Links
from madoguchi.service.notices.occasions import Notice
from madoguchi.service.notices.rules import DeliveryState, Refusal

POST = "notices.post"
_SIGNATURE = 22  # characters, 132 bits


class Letterhead(msgspec.Struct, frozen=True):
    """Who we are in every mail: our address, our pages, and the key by which our mails are known."""

    address: str
    links: Links
    signer: Signer


class Outgoing(msgspec.Struct, frozen=True):
    """A delivery that was taken up; `attempts` counts this one."""

    id: UUID
    address: str
    mail: bytes
    attempts: int
    expires_at: datetime | None


def topic(customer_id: UUID) -> str:
    """What a customer's pages listen to."""
    return f"person:{customer_id}"


async def tell(tx: Tx, head: Letterhead, event_id: UUID, notice: Notice) -> None:
    """Keep the message and queue its mail, once per event; who has no address finds it in the message centre."""
    letter, customer = notice.letter, notice.customer
    customers = isinstance(customer, Customer)
    greeting = letters.greeting(notice.reader, customer.name)
    message_id, check_code = ids.uuid7(), ids.number("M")
    written = await tx.execute(
        """insert into messages (id, event_id, template, customer_id, seller_person_id, case_id, order_id, locale,
                                 subject, body, slip, check_code, created_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict do nothing""",
        [
            message_id,
            event_id,
            notice.template,
            customer.id if customers else None,
            None if customers else customer.id,
            notice.case_id,
            notice.order_id,
            notice.reader.lang,
            letter.subject,
            plain((greeting, *(letter.blocks if letter.kept is None else letter.kept)), notice.reader.lang),
            Jsonb(msgspec.to_builtins(notice.slip)) if notice.slip else None,
            check_code,
            tx.now,
        ],
    )
    if written:
        if customers:
            tx.wake(topic(customer.id))
        if customer.email:
            blocks = (greeting, *letter.blocks, *letter.ways)
            await _queue(tx, head, notice, blocks, customer.email, message_id, check_code)


async def mark_read(tx: Tx, actor: Actor, message_id: UUID) -> None:
    """The customer has opened the message; staff who look at it leave no mark."""
    message = await queries.access_message(tx, actor, message_id)
    if actor.id and actor.id == message.customer_id and message.read_at is None:
        await tx.execute("update messages set read_at = %s where id = %s and read_at is null", [tx.now, message_id])
        tx.wake(topic(actor.id))


async def claim_delivery(tx: Tx) -> Outgoing | None:
    """Take up the most urgent delivery that is due; until it is settled or LEASE has gone nobody else takes it."""
    return await tx.maybe(
        Outgoing,
        """update deliveries set state = 'sending', attempts = attempts + 1, next_try_at = %s
           where id = (select id from deliveries where next_try_at <= %s
                       order by expires_at nulls last, next_try_at limit 1 for update skip locked)
           returning id, address, mail, attempts, expires_at""",
        [tx.now + rules.LEASE, tx.now],
    )


async def settle_delivery(tx: Tx, outgoing: Outgoing, refusal: Refusal | None, reason: str = "") -> None:
    """Book what became of an attempt (no refusal: sent); one whose lease was taken over changes nothing."""
    state = rules.state_after(outgoing.attempts, refusal)
    again = tx.now + rules.wait_after(outgoing.attempts) if state is DeliveryState.QUEUED else None
    await tx.execute(
        """update deliveries
           set state = %(state)s, refusal = %(refusal)s, last_error = coalesce(%(reason)s, last_error),
               next_try_at = %(again)s, mail = case when %(again)s::timestamptz is null then null else mail end,
               sent_at = case when %(state)s = 'sent' then %(now)s::timestamptz end
           where id = %(id)s and state = 'sending' and attempts = %(attempts)s""",
        {
            "id": outgoing.id,
            "attempts": outgoing.attempts,
            "state": state,
            "refusal": refusal,
            "reason": reason[:500] or None,
            "again": again,
            "now": tx.now,
        },
    )


async def _queue(
    tx: Tx, head: Letterhead, notice: Notice, blocks: tuple[Block, ...], email: str, message_id: UUID, check_code: str
) -> None:
    address = ascii_address(email)
    header_id = _header_id(head, check_code, address or email)
    sender = notice.reader.t("notices.sender", store=notice.store.name)
    if takes_mail := address is not None and not await _refused_for_good(tx, address):
        mail = build(
            Mail(
                sender=Mailbox(sender, head.address),
                recipient=Mailbox(notice.customer.name, email),
                subject=notice.letter.subject,
                lang=notice.reader.lang,
                message_id=header_id,
                date=tx.now,
                letter=blocks,
                foot=_foot(head, notice, sender, check_code),
            )
        ).as_bytes()
    await tx.execute(
        """insert into deliveries (id, message_id, channel, address, header_id, mail, state, next_try_at, expires_at,
                                   created_at)
           values (%s, %s, 'mail', %s, %s, %s, %s, %s, %s, %s)""",
        [
            ids.uuid7(),
            message_id,
            address or email,
            header_id,
            mail if takes_mail else None,
            DeliveryState.QUEUED if takes_mail else DeliveryState.SUPPRESSED,
            tx.now if takes_mail else None,
            notice.expires_at,
            tx.now,
        ],
    )
    if takes_mail:
        await jobs.enqueue(tx, POST, jobs.Nothing(), key=POST)


def _foot(head: Letterhead, notice: Notice, sender: str, check_code: str) -> tuple[Block, ...]:
    if isinstance(notice.customer, Customer):
        return letters.foot(notice.reader, head.links, sender, check_code, notice.case_id)
    return letters.seller_foot(notice.reader, sender)


def _header_id(head: Letterhead, check_code: str, address: str) -> str:
    """The Message-ID: check code, recipient and our key together; nobody else can make one."""
    signature = head.signer.sign("mail", [check_code, address])[:_SIGNATURE]
    return f"{check_code}.{signature}@{head.address.rpartition('@')[2]}"


async def _refused_for_good(tx: Tx, address: str) -> bool:
    """Whether the last mails to the address all came back because of the address itself."""
    return bool(
        await tx.value(
            """select count(*) = %s from (
                 select refusal from deliveries
                 where address = %s and created_at > %s and state in ('sent', 'failed')
                 order by created_at desc limit %s) last
               where refusal = 'address'""",
            [rules.HARD_REFUSALS, address, tx.now - rules.HARD_REFUSALS_COUNT_FOR, rules.HARD_REFUSALS],
        )
    )

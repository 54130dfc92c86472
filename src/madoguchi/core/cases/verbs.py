"""Writing to cases. Every append locks the case, numbers the entry and wakes the readers; never commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor, Audience
from madoguchi.core.cases import queries, rules
from madoguchi.core.cases.events import CaseClosed, CaseOpened, CaseResumed
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.rules import Author, Channel, Kind, State
from madoguchi.core.photos import verbs as photos
from madoguchi.kit import events, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


def topic(case_id: UUID) -> str:
    """What readers of a case listen to."""
    return f"case:{case_id}"


async def open_case(
    tx: Tx,
    actor: Actor,
    *,
    store_id: str,
    customer_id: UUID,
    channel: Channel,
    client_id: str | None = None,
    order_id: UUID | None = None,
) -> UUID:
    """A new case with a running contact, in the bot's hands; the same client id gives the first one.

    Refused: too_many_chats, when the customer has OPEN_AT_ONCE already.
    """
    await _one_opens(tx, customer_id)
    if client_id and (known := await queries.chat_by_client_id(tx, _author(actor), client_id)):
        return known
    if await queries.open_cases(tx, customer_id) >= rules.OPEN_AT_ONCE:
        raise Refused("too_many_chats", 409, limit=rules.OPEN_AT_ONCE)
    return await _open(tx, actor, store_id, customer_id, channel, client_id=client_id, order_id=order_id)


async def open_with_seller(
    tx: Tx, actor: Actor, *, store_id: str, customer_id: UUID, channel: Channel, seller_id: UUID, order_id: UUID | None
) -> Case:
    """A new case in which the customer talks with a marketplace seller, locked.

    Refused: too_many_threads, when the customer has OPEN_WITH_SELLERS already.
    """
    await _one_opens(tx, customer_id)
    if await queries.open_with_sellers(tx, customer_id) >= rules.OPEN_WITH_SELLERS:
        raise Refused("too_many_threads", 409, limit=rules.OPEN_WITH_SELLERS)
    case_id = await _open(tx, actor, store_id, customer_id, channel, order_id=order_id, seller_id=seller_id)
    case = await queries.access_case(tx, actor, case_id, lock=True)
    return await transition(tx, case, State.SELLER, text_key="cases.status.with_seller", by=actor)


async def _one_opens(tx: Tx, customer_id: UUID) -> None:
    """Let one case of a customer be opened at a time, so that they can be counted."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 2))", [str(customer_id)])


def _author(actor: Actor) -> str:
    """Whose client ids those of a new contact are."""
    return str(actor.session or actor.id)


async def _open(
    tx: Tx,
    actor: Actor,
    store_id: str,
    customer_id: UUID,
    channel: Channel,
    *,
    client_id: str | None = None,
    order_id: UUID | None = None,
    seller_id: UUID | None = None,
) -> UUID:
    case_id = ids.uuid7()
    await tx.execute(
        """insert into cases (id, number, store_id, customer_id, locale, order_id, seller_id, state, opened_at,
                              customer_session, customer_level, bot_due_seq, bot_due_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s)""",
        [
            case_id,
            ids.number("C"),
            store_id,
            customer_id,
            actor.locale,
            order_id,
            seller_id,
            State.BOT,
            tx.now,
            actor.session,
            int(actor.level),
            tx.now,
        ],
    )
    await tx.execute(
        """insert into contacts (id, case_id, channel, author, client_id, from_seq, started_at)
           values (%s, %s, %s, %s, %s, 1, %s)""",
        [ids.uuid7(), case_id, channel, _author(actor), client_id, tx.now],
    )
    await events.record(tx, CaseOpened(case_id=case_id))
    return case_id


async def append(
    tx: Tx,
    case: Case,
    *,
    kind: Kind,
    author: Author,
    text: str = "",
    body: dict[str, Any] | None = None,
    audience: Audience = Audience.CUSTOMER,
    author_id: UUID | None = None,
    name: str = "",
    client_id: str | None = None,
    spoken_by: Actor | None = None,
) -> int:
    """Number and store an entry of a case whose row the caller has locked; its number."""
    seq = await tx.value(
        f"""with numbered as (
              update cases set last_seq = last_seq + 1, {_SPOKE[None if audience is Audience.STAFF else author]}
              where id = %(case)s returning id, last_seq),
            stored as (
              insert into entries (case_id, seq, kind, author, author_id, name, audience, text, body, client_id, at)
              select id, last_seq, %(kind)s, %(author)s, %(author_id)s, %(name)s, %(audience)s, %(text)s, %(body)s,
                     %(client_id)s, %(at)s
              from numbered)
            select last_seq from numbered""",  # entries return nothing: who writes for staff may not be able to read it
        {
            "case": case.id,
            "kind": kind,
            "author": author,
            "author_id": author_id,
            "name": name,
            "audience": audience,
            "text": text,
            "body": Jsonb(body) if body is not None else None,
            "client_id": client_id,
            "at": tx.now,
            "session": spoken_by.session if spoken_by else None,
            "level": int(spoken_by.level) if spoken_by else 0,
        },
    )
    tx.wake(topic(case.id), seq)
    return int(seq)


_NOBODY_SPOKE = "opened_at = opened_at"
_SPOKE = {
    Author.CUSTOMER: """customer_seq = last_seq + 1, last_customer_at = %(at)s,
                        customer_session = %(session)s, customer_level = %(level)s""",
    Author.ASSOCIATE: "last_staff_at = %(at)s",
    Author.BOT: "last_staff_at = %(at)s",
    Author.SELLER: _NOBODY_SPOKE,
    Author.SYSTEM: _NOBODY_SPOKE,
    None: _NOBODY_SPOKE,  # what the customer does not read is no answer to them
}


async def transition(
    tx: Tx,
    case: Case,
    to: State,
    *,
    text_key: str,
    assigned_to: UUID | None = None,
    by: Actor | None = None,
    parameters: dict[str, Any] | None = None,
    silent: bool = False,
) -> Case:
    """Move a locked case to another state and say so in its timeline; the case as it is now.

    `text_key` and `parameters` are kept, not text: each reader gets their own language.
    """
    if not rules.may_become(case.state, to):
        raise Refused("case_state", 409, state=case.state)
    still_due = {case.state, to} <= rules.WITH_PEOPLE  # what the customer pressed is done whoever has the case
    resume = case.state if to is State.PARKED and case.state is not State.PARKED else None
    keeps = to is State.PARKED and case.assigned_to is not None
    holder = case.assigned_to if keeps else assigned_to if to is State.ACTIVE else None
    await tx.execute(
        """update cases set state = %s, assigned_to = %s, resume_to = %s, closed_at = %s,
                  bot_due_seq = case when %s then bot_due_seq end, bot_due_at = case when %s then bot_due_at end
           where id = %s""",
        [to, holder, resume, tx.now if to is State.CLOSED else None, still_due, still_due, case.id],
    )
    seq = await append(
        tx,
        case,
        kind=Kind.STATUS,
        author=Author.SYSTEM,
        author_id=by.id if by else None,
        body={
            "to": to,
            "assigned_to": str(holder) if holder else None,
            "key": text_key,
            "parameters": parameters or {},
        },
    )
    if to is State.CLOSED:
        contact_id = await tx.value(
            "update contacts set ended_at = %s, to_seq = %s where case_id = %s and ended_at is null returning id",
            [tx.now, seq, case.id],
        )
        handled = "associate" if case.assigned_to else "seller" if case.seller_id else "bot"
        await events.record(tx, CaseClosed(case_id=case.id, contact_id=contact_id, handled_by=handled, silent=silent))
    return await tx.one(Case, f"select {queries._CASE} from cases c where c.id = %s", [case.id])


async def resume(tx: Tx, actor: Actor, case_id: UUID, channel: Channel = Channel.CHAT) -> Case:
    """Go on with an earlier case: a parked one returns to whoever had it (see `unpark`), a closed one to its
    seller, or to the bot.
    """
    case = await queries.access_case(tx, actor, case_id, lock=True)
    if case.state is State.CLOSED:
        to = State.SELLER if case.seller_id else State.BOT
        case = await transition(tx, case, to, text_key="cases.status.reopened", by=actor)
        await tx.execute(
            """insert into contacts (id, case_id, channel, author, from_seq, started_at)
               values (%s, %s, %s, %s, %s, %s)""",
            [ids.uuid7(), case_id, channel, str(actor.session or actor.id), case.last_seq + 1, tx.now],
        )
    elif case.state is State.PARKED:
        case = await unpark(tx, case)
    return case


async def unpark(tx: Tx, case: Case) -> Case:
    """Back to the bot at once; whether a person still has time for it is for those to say who hear CaseResumed."""
    if case.resume_to in {State.QUEUED, State.ACTIVE}:
        await events.record(tx, CaseResumed(case_id=case.id))
        return case
    return await transition(tx, case, State.BOT, text_key="cases.status.resumed")


async def end(tx: Tx, actor: Actor, case_id: UUID) -> None:
    """The customer is done with it; what is closed stays closed."""
    case = await queries.access_case(tx, actor, case_id, lock=True)
    if case.state is not State.CLOSED:
        await transition(tx, case, State.CLOSED, text_key="cases.status.ended_by_customer", by=actor)


async def describe(
    tx: Tx, case_id: UUID, *, reason: str | None = None, order_id: UUID | None = None, locale: str | None = None
) -> None:
    """Note what the case is about and in which language, as far as it is known now."""
    await tx.execute(
        """update cases set reason = coalesce(%s, reason), order_id = coalesce(%s, order_id),
             locale = coalesce(%s, locale) where id = %s""",
        [reason, order_id, locale, case_id],
    )


async def keep_dialogue(tx: Tx, case_id: UUID, dialogue: dict[str, Any], answered: int) -> None:
    """Store where the bot is in its conversation; what was due up to `answered` is done."""
    await tx.execute(
        """update cases set dialogue = %s,
             bot_due_seq = case when bot_due_seq > %s then bot_due_seq end,
             bot_due_at = case when bot_due_seq > %s then bot_due_at end
           where id = %s""",
        [Jsonb(dialogue), answered, answered, case_id],
    )


async def call_bot(tx: Tx, case: Case, at: datetime | None = None) -> None:
    """The bot owes this case a word, though the customer has written nothing new."""
    await tx.execute("update cases set bot_due_seq = last_seq, bot_due_at = %s where id = %s", [at or tx.now, case.id])


async def mark_read(tx: Tx, actor: Actor, case_id: UUID, seq: int) -> None:
    """The actor's side has seen everything up to `seq`; never goes back."""
    case = await queries.access_case(tx, actor, case_id)
    seq = min(seq, case.last_seq)
    if actor.is_staff:
        changed = await tx.execute(
            "update cases set staff_read_seq = %s where id = %s and staff_read_seq < %s and assigned_to = %s",
            [seq, case_id, seq, actor.id],
        )
    else:
        changed = await tx.execute(
            "update cases set customer_read_seq = %s where id = %s and customer_read_seq < %s", [seq, case_id, seq]
        )
    if changed:
        tx.wake(f"read:{case_id}", seq)


async def give_to(tx: Tx, case_id: UUID, customer: Actor) -> None:
    """A guest turned out to be this customer: the case is theirs with its photos, and the bot may go on with more."""
    assert customer.id
    case = await queries.access_case(tx, SYSTEM, case_id, lock=True)
    await tx.execute(
        "update cases set customer_id = %s, customer_session = %s, customer_level = %s where id = %s",
        [customer.id, customer.session, int(customer.level), case_id],
    )
    for file in await queries.files_of(tx, case_id, Author.CUSTOMER):
        await photos.keep(tx, customer.id, file)
    await append(tx, case, kind=Kind.ACTION, author=Author.SYSTEM, body={"key": "cases.status.identified"})
    if case.state is State.BOT:
        await call_bot(tx, case)

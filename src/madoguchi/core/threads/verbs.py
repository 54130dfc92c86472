"""Asking, writing on, answering: each side reads the other's words without contact details. Never commits.

Whoever acts was found to be allowed by the thread; what is written then concerns a case that a seller cannot see, and
rows that a customer cannot write, so that it is written by the system.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Role
from madoguchi.core.actions.rules import Said
from madoguchi.core.cases import queries as case_queries
from madoguchi.core.cases import verbs as cases
from madoguchi.core.cases.queries import Case, Entry
from madoguchi.core.cases.rules import Author, Channel, Kind, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.cases.talking.verbs import Written
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.queries import access_customer
from madoguchi.core.people.sellers.events import SellerNews
from madoguchi.core.people.sellers.queries import Seller
from madoguchi.core.people.sellers.queries import seller as find_seller
from madoguchi.core.photos import verbs as photos
from madoguchi.core.photos.queries import File
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.threads import queries
from madoguchi.core.threads.events import SellerAnswered, SellerAsked, SellerReminded, SellerSilent
from madoguchi.core.threads.masking import Detail, masked
from madoguchi.core.threads.rules import Question, Standing, Thread, Topic, Wanted, new_alias
from madoguchi.kit import events, i18n, ids, security
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

REASON = "seller.contact"
PHOTO = "photo.jpg"  # whatever its sender called it


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is about: an order, or a product before it is bought."""

    store_id: str
    order_id: UUID | None = None
    product_ref: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """The thread in which was asked, and what now waits for an answer."""

    case_id: UUID
    question: Question


def topic(seller_id: UUID) -> str:
    """What the people of a seller listen to."""
    return f"seller:{seller_id}"


async def ask(
    tx: Tx,
    actor: Actor,
    customer_id: UUID,
    seller: Seller,
    about: About,
    topic: Topic,
    wanted: Wanted,
    text: str,
    told: Sequence[Said] = (),
) -> Asked:
    """Ask a seller, in the thread about this that is open, or in a new one; `told` is what the customer was told first.

    Refused: empty_message, message_too_long, too_many_threads.
    """
    thread = await queries.open_thread(tx, about.order_id, about.product_ref, customer_id)
    case_id = thread.case_id if thread else await _open(tx, actor, customer_id, seller, about, topic, wanted)
    async with tx.acting(SYSTEM):
        await tell(
            tx, case_id, "threads.asks", topic=Said(f"threads.topic.{topic}"), wanted=Said(f"threads.wanted.{wanted}")
        )
        for line in told:
            await tell(tx, case_id, "threads.told", fact=line)
    await write(tx, actor, case_id, text)
    question = await queries.last_question(tx, case_id)
    assert question
    return Asked(case_id, question)


async def write(tx: Tx, actor: Actor, case_id: UUID, text: str, *, client_id: str | None = None) -> Written:
    """What either side writes to the other; numbered once per client id.

    Refused: thread_closed, empty_message, message_too_long, client_id_reused.
    """
    clean, cards = security.mask_cards(security.clean_text(text))
    talking.check_text(clean)
    talking.check_client_id(client_id)
    thread, case = await _taken(tx, actor, case_id)
    async with tx.acting(SYSTEM):
        told = masked(clean, await queries.secrets_of(tx, case.customer_id, case.order_id))
        mine = _author(actor)
        if known := await _repeated(tx, case_id, mine, client_id):
            if known.text != told.text:
                raise Refused("client_id_reused")
            return Written(known.seq, repeated=True, masked=cards > 0)
        _check_open(case)
        seq = await _append(
            tx, actor, case, Kind.MESSAGE, text=told.text, body=_left_out(told.details), client_id=client_id
        )
        if told.details:
            await tx.execute("insert into originals (case_id, seq, text) values (%s, %s, %s)", [case_id, seq, clean])
        await _spoken(tx, thread, case, mine, seq)
    return Written(seq, masked=cards > 0)


async def show(tx: Tx, actor: Actor, case_id: UUID, file: File, *, client_id: str | None = None) -> Written:
    """A photo that either side sends, under a name that tells nothing; numbered once per client id.

    Refused: thread_closed, client_id_reused.
    """
    talking.check_client_id(client_id)
    thread, case = await _taken(tx, actor, case_id)
    nameless = msgspec.structs.replace(file, name=PHOTO)
    body = {"file": msgspec.to_builtins(nameless)}
    async with tx.acting(SYSTEM):
        mine = _author(actor)
        if known := await _repeated(tx, case_id, mine, client_id):
            if known.body != body:
                raise Refused("client_id_reused")
            return Written(known.seq, repeated=True)
        _check_open(case)
        seq = await _append(tx, actor, case, Kind.FILE, body=body, client_id=client_id)
        if actor.id:
            await photos.keep(tx, case.customer_id if mine is Author.CUSTOMER else actor.id, nameless)
        await _spoken(tx, thread, case, mine, seq)
    return Written(seq)


async def tell(tx: Tx, case_id: UUID, text_key: str, **parameters: Any) -> int:
    """Something of the system's that both sides read, in their own language (by the system); the entry's number."""
    case = await case_queries.access_case(tx, SYSTEM, case_id, lock=True)
    body = {"key": text_key, "parameters": i18n.pack(parameters)}
    seq = await cases.append(tx, case, kind=Kind.ACTION, author=Author.SYSTEM, body=body, audience=Audience.SELLER)
    if case.seller_id:
        tx.wake(topic(case.seller_id))
    return seq


async def remind(tx: Tx, question_id: UUID) -> None:
    """A seller is reminded once that a question waits (by the system)."""
    question = await queries.question(tx, question_id, lock=True)
    if question.answered_at is None and question.reminded_at is None:
        await tx.execute("update seller_questions set reminded_at = %s where id = %s", [tx.now, question_id])
        await events.record(tx, SellerReminded(case_id=question.case_id, question_id=question_id))
        await _tell_seller(tx, question, "question_due")


async def fall_silent(tx: Tx, question_id: UUID) -> None:
    """No answer came in time: both sides read it once, and whoever may help the customer hears of it (by the system).

    Order of locks: the case, then the question, as when somebody writes.
    """
    waiting = await queries.question(tx, question_id)
    case = await case_queries.access_case(tx, SYSTEM, waiting.case_id, lock=True)
    question = await queries.question(tx, question_id, lock=True)
    if question.standing(tx.now) is not Standing.OVERDUE or question.silent_at or case.state is not State.SELLER:
        return
    await tx.execute("update seller_questions set silent_at = %s where id = %s", [tx.now, question_id])
    await tell(tx, case.id, "threads.silent")
    await _tell_customer(tx, case, "seller_silent")
    await _tell_seller(tx, question, "question_overdue")
    await events.record(tx, SellerSilent(case_id=case.id, question_id=question_id, order_id=case.order_id))


async def close(tx: Tx, case_id: UUID) -> None:
    """Nothing was said after an answer for long: the thread is over, until somebody goes on with it (by the system)."""
    case = await case_queries.access_case(tx, SYSTEM, case_id, lock=True)
    question = await queries.last_question(tx, case_id)
    if case.state is State.SELLER and question and question.answered_at:
        await cases.transition(tx, case, State.CLOSED, text_key="threads.closed", silent=True)


async def _open(
    tx: Tx, actor: Actor, customer_id: UUID, seller: Seller, about: About, topic: Topic, wanted: Wanted
) -> UUID:
    opened_by = await _as_customer(tx, customer_id) if actor.is_staff else actor
    case = await cases.open_with_seller(
        tx,
        opened_by,
        store_id=about.store_id,
        customer_id=customer_id,
        channel=Channel.CHAT,
        seller_id=seller.id,
        order_id=about.order_id,
    )
    await cases.describe(tx, case.id, reason=REASON)
    async with tx.acting(SYSTEM):
        alias = await queries.known_alias(tx, seller.id, customer_id) or new_alias()
        await tx.execute(
            """insert into seller_threads (case_id, seller_id, order_id, product_ref, alias, topic, wanted, opened_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [case.id, seller.id, about.order_id, about.product_ref, alias, topic, wanted, tx.now],
        )
    return case.id


async def _as_customer(tx: Tx, customer_id: UUID) -> Actor:
    """Whoever opens a case for a customer does so in the customer's language, and in nobody's session."""
    return msgspec.structs.replace(SYSTEM, locale=(await access_customer(tx, SYSTEM, customer_id)).locale)


async def _taken(tx: Tx, actor: Actor, case_id: UUID) -> tuple[Thread, Case]:
    """The thread that the actor may see, and its case, locked."""
    thread = await queries.access_thread(tx, actor, case_id)
    async with tx.acting(SYSTEM):
        return thread, await case_queries.access_case(tx, SYSTEM, case_id, lock=True)


def _author(actor: Actor) -> Author:
    """Who speaks: staff do for the customer; nothing is written by itself."""
    if actor.role is Role.SYSTEM:
        raise Refused("forbidden", 403)
    if actor.is_staff:
        return Author.ASSOCIATE
    return Author.SELLER if actor.role is Role.SELLER else Author.CUSTOMER


def _check_open(case: Case) -> None:
    if case.state is not State.SELLER:
        raise Refused("thread_closed", 409)


async def _repeated(tx: Tx, case_id: UUID, author: Author, client_id: str | None) -> Entry | None:
    return await case_queries.by_client_id(tx, case_id, author, client_id) if client_id else None


def _left_out(details: tuple[Detail, ...]) -> dict[str, Any] | None:
    return {"left_out": list(details)} if details else None


async def _append(
    tx: Tx,
    actor: Actor,
    case: Case,
    kind: Kind,
    *,
    text: str = "",
    body: dict[str, Any] | None = None,
    client_id: str | None = None,
) -> int:
    """An entry for both sides; the seller's and staff's under their names, the customer's under none, without an id."""
    author = _author(actor)
    return await cases.append(
        tx,
        case,
        kind=kind,
        author=author,
        author_id=None if author is Author.CUSTOMER else actor.id,
        name=await _name(tx, actor, case),
        text=text,
        body=body,
        audience=Audience.SELLER,
        client_id=client_id,
        spoken_by=actor,
    )


async def _name(tx: Tx, actor: Actor, case: Case) -> str:
    if actor.role is Role.SELLER and case.seller_id:
        return (await find_seller(tx, case.seller_id)).name
    return actor.name if actor.is_staff else ""


async def _spoken(tx: Tx, thread: Thread, case: Case, author: Author, seq: int) -> None:
    """A word of the customer's, or for them, waits for an answer; one of the seller's is the answer to what waited."""
    tx.wake(topic(thread.seller_id))
    if author is not Author.SELLER:
        await _owe(tx, case, seq)
        return
    ended = await tx.execute(
        "update seller_questions set answered_at = %s where case_id = %s and answered_at is null", [tx.now, case.id]
    )
    await events.record(tx, SellerAnswered(case_id=case.id, seq=seq))
    if ended:
        await _tell_customer(tx, case, "seller_answered")


async def _owe(tx: Tx, case: Case, seq: int) -> None:
    """The first word that is not answered sets the deadline; more words do not put it off."""
    question = await queries.last_question(tx, case.id)
    if question and question.answered_at is None:
        return
    question_id, terms = ids.uuid7(), (await rules_of(tx, case.store_id)).sellers
    due_at = tx.now + timedelta(hours=terms.answer_hours)
    await tx.execute(
        """insert into seller_questions (id, case_id, seq, asked_at, due_at, remind_at)
           values (%s, %s, %s, %s, %s, %s)""",
        [question_id, case.id, seq, tx.now, due_at, due_at - timedelta(hours=terms.remind_hours)],
    )
    await events.record(tx, SellerAsked(case_id=case.id, question_id=question_id))
    await _tell_seller(tx, await queries.question(tx, question_id), "question_asked")


async def _tell_customer(tx: Tx, case: Case, template: str) -> None:
    """A letter about the thread, in which the seller is called by name."""
    assert case.seller_id
    news = CustomerNews(
        customer_id=case.customer_id,
        template=template,
        parameters=i18n.pack({"seller": (await find_seller(tx, case.seller_id)).name}),
        paths={"thread": f"/chat/{case.id}"},
        order_id=case.order_id,
    )
    await events.record(tx, news)


async def _tell_seller(tx: Tx, question: Question, template: str) -> None:
    """A letter to the seller's people: what a thread is about, and until when an answer is due."""
    thread = await queries.access_thread(tx, SYSTEM, question.case_id)
    goods = await queries.goods(tx, thread)
    news = SellerNews(
        seller_id=thread.seller_id,
        template=template,
        parameters=i18n.pack({"what": goods.order_ref or goods.lines[0][0], "until": question.due_at}),
        paths={"answer": f"/seller/threads/{question.case_id}"},
    )
    await events.record(tx, news)

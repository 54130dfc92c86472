"""Reading threads. `access_thread` is the only way from an id to a thread, for an actor."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor, Audience, Role
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import State
from madoguchi.core.people.queries import access_customer
from madoguchi.core.people.sellers.queries import own_seller
from madoguchi.core.photos.queries import File
from madoguchi.core.shop.port import Address, OrderState, StoreOrder
from madoguchi.core.shop.queries import access_order, customer_facts, products
from madoguchi.core.threads.rules import Question, Standing, Thread, Topic, Wanted, standing
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class Line(msgspec.Struct, frozen=True):
    """A thread in a seller's list, with its last question and whether it is closed."""

    case_id: UUID
    alias: str
    topic: Topic
    wanted: Wanted
    opened_at: datetime
    closed: bool
    order_ref: str | None
    product: str | None
    due_at: datetime
    answered_at: datetime | None

    def standing(self, now: datetime) -> Standing:
        """How it stands."""
        return standing(self.due_at, self.answered_at, now, closed=self.closed)


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """What a thread is about, without anything of whose it is: lines with their units; of an order also its number."""

    lines: tuple[tuple[str, int], ...]
    order_ref: str = ""
    placed_at: datetime | None = None
    state: OrderState | None = None


_THREAD = "t.case_id, t.seller_id, t.order_id, t.product_ref, t.alias, t.topic, t.wanted, t.opened_at"
_QUESTION = """select q.id, q.case_id, q.seq, q.asked_at, q.due_at, q.remind_at, q.reminded_at, q.silent_at,
  q.answered_at from seller_questions q"""
_OPEN = f"{_QUESTION} join cases c on c.id = q.case_id where c.state = 'seller' and q.answered_at is null"
_LINES = """select t.case_id, t.alias, t.topic, t.wanted, t.opened_at, c.state = 'closed' as closed,
    o.store_ref as order_ref, p.document->>'name' as product, q.due_at, q.answered_at
  from seller_threads t join cases c on c.id = t.case_id
  left join orders o on o.id = t.order_id
  left join products p on p.store_id = c.store_id and p.store_ref = t.product_ref
  join lateral (select due_at, answered_at from seller_questions q where q.case_id = t.case_id
                order by q.asked_at desc limit 1) q on true"""


async def access_thread(tx: Tx, actor: Actor, case_id: UUID) -> Thread:
    """The thread, for its seller, its customer, staff and the system; else invisible."""
    found = await thread(tx, case_id)
    if found is None or (actor.role is Role.SELLER and found.seller_id != actor.seller_id):
        raise invisible()
    if actor.role is not Role.SELLER:
        await cases.access_case(tx, actor, case_id)
    return found


async def names(tx: Tx, store_id: str, order: StoreOrder) -> Mapping[str, str]:
    """What each line is of, with the variant as it is sold; what was written on it for somebody is left out."""
    known = await products(tx, store_id, [line.product_ref for line in order.lines])
    sold = {variant.sku: variant for product in known.values() for variant in product.variants}
    named = [(line, " ".join(sold[line.sku].options.values()) if line.sku in sold else "") for line in order.lines]
    return {line.ref: f"{line.name} ({variant})" if variant else line.name for line, variant in named}


async def thread(tx: Tx, case_id: UUID) -> Thread | None:
    """The thread of a case that the actor was found to see, if it is one with a seller."""
    return await tx.maybe(Thread, f"select {_THREAD} from seller_threads t where t.case_id = %s", [case_id])


async def is_closed(tx: Tx, thread: Thread) -> bool:
    """Whether nothing more can be said in a thread that the actor was found to see."""
    async with tx.acting(SYSTEM):
        return (await cases.access_case(tx, SYSTEM, thread.case_id)).state is State.CLOSED


async def said(tx: Tx, thread: Thread, *, limit: int = 200) -> Sequence[Entry]:
    """What both sides read, oldest first: the last entries of a thread that the actor was found to see."""
    return await cases.entries(tx, thread.case_id, Audience.SELLER, before=_AFTER_ALL, limit=limit)


_AFTER_ALL = 2**31 - 1
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


async def photo(tx: Tx, actor: Actor, case_id: UUID, seq: int) -> File:
    """A photo of a thread that the actor may see; else invisible."""
    await access_thread(tx, actor, case_id)
    return await cases.file_of(tx, case_id, Audience.SELLER, seq)


async def goods(tx: Tx, thread: Thread) -> Goods:
    """What a thread is about that the actor was found to see."""
    async with tx.acting(SYSTEM):
        if thread.order_id:
            held = await access_order(tx, SYSTEM, thread.order_id)
            order = held.document
            named = await names(tx, held.store_id, order)
            lines = tuple((named[line.ref], line.quantity) for line in order.lines)
            return Goods(lines=lines, order_ref=order.ref, placed_at=order.placed_at, state=order.state)
        ref = thread.product_ref or ""
        case = await cases.access_case(tx, SYSTEM, thread.case_id)
        found = (await products(tx, case.store_id, [ref])).get(ref)
        return Goods(lines=((found.name if found else ref, 1),))


async def last_question(tx: Tx, case_id: UUID) -> Question | None:
    """The newest question of a thread that the actor was found to see."""
    return await tx.maybe(Question, f"{_QUESTION} where q.case_id = %s order by q.asked_at desc limit 1", [case_id])


async def question(tx: Tx, question_id: UUID, *, lock: bool = False) -> Question:
    """One question (for the system)."""
    if lock:
        return await tx.one(Question, f"{_QUESTION} where q.id = %s for update", [question_id])
    return await tx.one(Question, f"{_QUESTION} where q.id = %s", [question_id])


async def threads_of_order(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Thread]:
    """What was asked about an order that the actor may see, newest first."""
    await access_order(tx, actor, order_id)
    return await tx.all(
        Thread, f"select {_THREAD} from seller_threads t where t.order_id = %s order by t.opened_at desc", [order_id]
    )


async def first_asked(tx: Tx, actor: Actor, order_id: UUID) -> Question | None:
    """The first question to the seller about an order that the actor may see: since when the seller knows."""
    await access_order(tx, actor, order_id)
    return await tx.maybe(
        Question,
        f"""{_QUESTION} join seller_threads t on t.case_id = q.case_id where t.order_id = %s
            order by q.asked_at limit 1""",
        [order_id],
    )


async def was_answered(tx: Tx, order_id: UUID) -> bool:
    """Whether a seller has answered something about an order (for the system)."""
    query = """select exists (select from seller_questions q join seller_threads t on t.case_id = q.case_id
                              where t.order_id = %s and q.answered_at is not null)"""
    return bool(await tx.value(query, [order_id]))


async def is_answered(tx: Tx, case_id: UUID) -> bool:
    """Whether the seller has answered something in a thread that the actor was found to see."""
    query = "select exists (select from seller_questions where case_id = %s and answered_at is not null)"
    return bool(await tx.value(query, [case_id]))


async def open_thread(tx: Tx, order_id: UUID | None, product_ref: str | None, customer_id: UUID) -> Thread | None:
    """The customer's thread about an order or a product that is not closed."""
    return await tx.maybe(
        Thread,
        f"""select {_THREAD} from seller_threads t join cases c on c.id = t.case_id
            where c.customer_id = %s and c.state <> 'closed' and t.order_id is not distinct from %s
              and t.product_ref is not distinct from %s order by t.opened_at desc limit 1""",
        [customer_id, order_id, product_ref],
    )


async def known_alias(tx: Tx, seller_id: UUID, customer_id: UUID) -> str | None:
    """What the customer was called towards the seller before (for the system)."""
    found: str | None = await tx.value(
        """select t.alias from seller_threads t join cases c on c.id = t.case_id
           where t.seller_id = %s and c.customer_id = %s order by t.opened_at limit 1""",
        [seller_id, customer_id],
    )
    return found


async def waiting(tx: Tx, actor: Actor, *, limit: int = 100) -> Sequence[Line]:
    """A seller's threads that wait for an answer, the most urgent first."""
    async with tx.acting(SYSTEM):
        return await tx.all(
            Line,
            f"""{_LINES} where t.seller_id = %s and c.state <> 'closed' and q.answered_at is null
                order by q.due_at, t.case_id limit %s""",
            [own_seller(actor), limit],
        )


async def answered(tx: Tx, actor: Actor, *, before: UUID | None = None, limit: int = 20) -> Sequence[Line]:
    """A seller's other threads, newest first; `before` is the last one seen."""
    async with tx.acting(SYSTEM):
        return await tx.all(
            Line,
            f"""{_LINES} where t.seller_id = %s and (c.state = 'closed' or q.answered_at is not null)
                  and (%s::uuid is null or t.case_id < %s)
                order by t.case_id desc limit %s""",
            [own_seller(actor), before, before, limit],
        )


async def due(tx: Tx, *, limit: int = 100) -> Sequence[Question]:
    """Questions of which nobody was told yet that no answer came in time (for the system)."""
    return await tx.all(
        Question,
        f"{_OPEN} and q.due_at <= %s and q.silent_at is null order by q.due_at limit %s",
        [tx.now, limit],
    )


async def to_remind(tx: Tx, *, limit: int = 100) -> Sequence[Question]:
    """Questions of which their sellers are to be reminded now (for the system)."""
    return await tx.all(
        Question,
        f"""{_OPEN} and q.remind_at <= %s and q.due_at > %s and q.reminded_at is null
            order by q.remind_at limit %s""",
        [tx.now, tx.now, limit],
    )


async def quiet_since(tx: Tx, store_id: str, before: datetime, *, limit: int = 100) -> Sequence[UUID]:
    """Threads of a shop in which the seller answered last, and that before a moment (for the system)."""
    return await tx.values(
        """select t.case_id from seller_threads t join cases c on c.id = t.case_id
           where c.store_id = %s and c.state = 'seller'
             and (select max(coalesce(q.answered_at, 'infinity')) from seller_questions q
                  where q.case_id = t.case_id) < %s
           order by t.case_id limit %s""",
        [store_id, before, limit],
    )


async def secrets_of(tx: Tx, customer_id: UUID, order_id: UUID | None) -> Collection[str]:
    """What a seller must not learn of a customer: names and addresses, as they and the order tell (for the system)."""
    customer = await access_customer(tx, SYSTEM, customer_id)
    address = (await customer_facts(tx, SYSTEM, customer_id)).address
    order = await access_order(tx, SYSTEM, order_id) if order_id else None
    words = {customer.name, customer.kana, _hiragana(customer.kana), customer.family_name, customer.given_name}
    words |= {customer.email or "", customer.phone or "", customer.store_ref or ""}
    for one in (address, order.document.address if order else None):
        words |= _parts(one) if one else set()
    return {word for word in words if len(word.strip()) > 1}


def _parts(address: Address) -> set[str]:
    lines = [*address.lines, " ".join(address.lines), f"{address.city}{''.join(address.lines)}"]
    return {address.name, address.kana, _hiragana(address.kana), address.postal_code, address.phone or "", *lines}


def _hiragana(kana: str) -> str:
    return kana.translate(_TO_HIRAGANA)

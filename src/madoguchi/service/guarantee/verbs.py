"""What becomes of a claim on the guarantee: noted, told to the seller, moved on. Never commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.rules import Wish
from madoguchi.core.ledger.returning.events import ReturnNeedless
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.sellers.events import SellerNews
from madoguchi.core.policy.pack import Fault
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.threads import queries as threads
from madoguchi.core.threads import verbs as talking
from madoguchi.core.threads.masking import masked
from madoguchi.kit import events, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import pack
from madoguchi.kit.security import clean_text
from madoguchi.service.guarantee import queries, rules
from madoguchi.service.guarantee.rules import MOVES, TO_DECIDE, Claim, ClaimPlan, SellerAnswer, Side, State

PAY = "guarantee.pay"
REVIEWS = "approvals"  # what those listen to who decide


class Pay(msgspec.Struct, frozen=True):
    """Arguments of the job that has a claim paid."""

    claim_id: UUID


async def insert(tx: Tx, wish: Wish, plan: ClaimPlan) -> None:
    """Note a claim under the wish's id; Refused("guarantee_open") where the order has one that is not over."""
    assert wish.order_id
    note = clean_text(plan.note)
    async with tx.acting(SYSTEM):
        told = await hidden(tx, wish.customer_id, wish.order_id, note)
        try:
            await tx.execute(
                """insert into guarantee_claims (id, number, store_id, customer_id, order_id, seller_id, ground, units,
                     amount, currency, told, photos, photos_shown, refund_to, state, silence_grants, made_at,
                     changed_at)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'opened', %s, %s, %s)""",
                [
                    wish.id,
                    ids.number("G"),
                    wish.store_id,
                    wish.customer_id,
                    wish.order_id,
                    plan.seller_id,
                    plan.ground,
                    Jsonb(plan.units),
                    plan.amount.amount,
                    plan.amount.currency,
                    told,
                    Jsonb(msgspec.to_builtins(plan.photos)),
                    plan.photos_shown,
                    plan.refund_to,
                    plan.silence_grants,
                    tx.now,
                    tx.now,
                ],
            )
        except errors.UniqueViolation as error:
            raise Refused("guarantee_open", 409) from error
        await keep_words(tx, wish.id, Side.CUSTOMER, note)


async def ask_seller(tx: Tx, of: Claim) -> None:
    """The seller's time begins."""
    hours = (await rules_of(tx, of.store_id)).guarantee.answer_hours
    due_at = tx.now + timedelta(hours=hours)
    await tx.execute("update guarantee_claims set due_at = %s where id = %s", [due_at, of.id])
    await move(tx, of, State.WAITING_SELLER)
    news = SellerNews(
        seller_id=of.seller_id,
        template="guarantee_opened",
        parameters=pack({"what": of.order_ref, "until": due_at}),
        paths={"answer": f"/seller/claims/{of.id}"},
    )
    await events.record(tx, news)
    await tell_both(tx, of, "guarantee.thread.opened", number=of.number)


async def note_answer(tx: Tx, of: Claim, answer: SellerAnswer, told: str, words: str, photos: Sequence[UUID]) -> None:
    """What the seller says and shows, as the customer reads it and as it was written (by the system)."""
    await tx.execute(
        """update guarantee_claims set answer = %s, seller_told = %s, seller_photos = %s, answered_at = %s
           where id = %s""",
        [answer, told, Jsonb(msgspec.to_builtins(photos)), tx.now, of.id],
    )
    if words:
        await keep_words(tx, of.id, Side.SELLER, words)


async def note_decision(tx: Tx, of: Claim, decided_by: UUID | None, note: str, appeal_until: datetime) -> None:
    """Who agreed, why, and until when it can be appealed: once, from the first decision on."""
    await tx.execute(
        """update guarantee_claims set decided_by = %s, decided_at = %s, decision_note = %s,
             appeal_until = coalesce(appeal_until, %s) where id = %s""",
        [decided_by, tx.now, note, appeal_until, of.id],
    )


async def note_appeal(tx: Tx, of: Claim, words: str) -> None:
    """Why the customer objects; it is to be decided again."""
    await tx.execute("update guarantee_claims set appeal = %s, appealed_at = %s where id = %s", [words, tx.now, of.id])
    await move(tx, of, State.APPEALED)


async def move(tx: Tx, of: Claim, state: State, *, liability: Fault | None = None) -> Claim:
    """Take a (locked) claim on; Refused("guarantee_moved") where it cannot go there any more."""
    if state not in MOVES[of.state]:
        raise Refused("guarantee_moved", 409)
    counts = rules.counts(of, state, liability)
    decide_by = await _decide_by(tx, of) if state in TO_DECIDE else None
    await tx.execute(
        """update guarantee_claims set state = %s, counts = coalesce(%s, counts), liability = coalesce(%s, liability),
             decide_by = %s, raised_at = null, changed_at = %s where id = %s""",
        [state, counts, liability, decide_by, tx.now, of.id],
    )
    if TO_DECIDE & {of.state, state}:
        tx.wake(REVIEWS)
    tx.wake(f"order:{of.order_id}")
    tx.wake(talking.topic(of.seller_id))
    return await queries.access_claim(tx, SYSTEM, of.id)


async def raise_review(tx: Tx, claim_id: UUID) -> None:
    """Nobody has decided in time: whoever looks at the desk sees it now (by the system)."""
    await tx.execute("update guarantee_claims set raised_at = %s where id = %s", [tx.now, claim_id])
    tx.wake(REVIEWS)


async def _decide_by(tx: Tx, of: Claim) -> datetime:
    return tx.now + timedelta(hours=(await rules_of(tx, of.store_id)).guarantee.review_hours)


async def review(tx: Tx, of: Claim) -> Claim:
    """A person decides what the seller did not settle; the customer is told so."""
    found = await move(tx, of, State.UNDER_REVIEW)
    await _tell(tx, of, "guarantee_reviewed", until=found.decide_by)
    return found


async def wait_for_return(tx: Tx, of: Claim) -> None:
    """The money waits for goods on their way back: what was not sent yet need not be. The customer is told once."""
    await events.record(tx, ReturnNeedless(order_id=of.order_id, units=of.units))
    if of.waits_since:
        return
    await tx.execute("update guarantee_claims set waits_since = %s where id = %s", [tx.now, of.id])
    await _tell(tx, of, "guarantee_waits")
    await tell_both(tx, of, "guarantee.thread.waits", number=of.number)


async def overtake(tx: Tx, of: Claim) -> None:
    """All of it was made good in another way: it ends, and both sides are told."""
    await move(tx, of, State.OVERTAKEN)
    await _tell(tx, of, "guarantee_overtaken")
    await tell_both(tx, of, "guarantee.thread.overtaken", number=of.number)


async def _tell(tx: Tx, of: Claim, template: str, **more: Any) -> None:
    """Write to the customer."""
    news = CustomerNews(
        customer_id=of.customer_id,
        order_id=of.order_id,
        template=template,
        parameters=pack({"order": of.order_ref, "number": of.number, **more}),
        paths={"order": f"/orders/{of.order_id}"},
    )
    await events.record(tx, news)


async def enqueue_payment(tx: Tx, claim_id: UUID, after: timedelta = timedelta(0)) -> None:
    """Have a claim paid, now or later."""
    await jobs.enqueue(tx, PAY, Pay(claim_id), key=f"{PAY}:{claim_id}", at=tx.now + after)


async def tell_both(tx: Tx, of: Claim, key: str, **parameters: Any) -> None:
    """A line that the customer and the seller read where they talked (for the system)."""
    async with tx.acting(SYSTEM):
        known = await threads.threads_of_order(tx, SYSTEM, of.order_id)
        if known:
            await talking.tell(tx, known[0].case_id, key, **parameters)


async def hidden(tx: Tx, customer_id: UUID, order_id: UUID, words: str) -> str:
    """Words as the other side reads them (for the system)."""
    return masked(words, await threads.secrets_of(tx, customer_id, order_id)).text


async def keep_words(tx: Tx, claim_id: UUID, side: Side, words: str) -> None:
    """What one side really wrote, for whoever decides (for the system)."""
    await tx.execute("insert into guarantee_words (claim_id, side, words) values (%s, %s, %s)", [claim_id, side, words])

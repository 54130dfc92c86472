"""The seller's side of a claim."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.photos.queries import AT_ONCE, File
from madoguchi.core.photos.verbs import keep
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text
from madoguchi.service.guarantee import queries, verbs
from madoguchi.service.guarantee.rules import NOTE_LIMIT, Claim, SellerAnswer, State, check_answer


async def answer(
    tx: Tx, actor: Actor, claim_id: UUID, answer: SellerAnswer, words: str = "", photos: Sequence[File] = ()
) -> Claim:
    """What the seller says and shows: the money goes back, or a person decides. The same again is as good as once.

    Refused: not_found (another seller's), guarantee_answered, guarantee_too_late, guarantee_words_missing,
    message_too_long, too_many_photos.
    """
    if len(photos) > AT_ONCE:
        raise Refused("too_many_photos", limit=AT_ONCE)
    said = clean_text(words)
    if len(said) > NOTE_LIMIT:
        raise Refused("message_too_long", limit=NOTE_LIMIT)
    of = await queries.claim_for_seller(tx, actor, claim_id, lock=True)
    async with tx.acting(SYSTEM):
        told = await verbs.hidden(tx, of.customer_id, of.order_id, said)
        if not check_answer(of, answer, told, tx.now):
            return of
        assert actor.id
        shown = [await keep(tx, actor.id, one) for one in photos]
        await verbs.note_answer(tx, of, answer, told, said, shown)
        return await _go_on(tx, of, answer)


async def _go_on(tx: Tx, of: Claim, answer: SellerAnswer) -> Claim:
    if answer is SellerAnswer.REFUND:
        resolved = await verbs.move(tx, of, State.SELLER_RESOLVED)
        await verbs.enqueue_payment(tx, of.id)
        await verbs.tell_both(tx, of, "guarantee.thread.agreed", number=of.number)
        return resolved
    refused = await verbs.move(tx, of, State.SELLER_REFUSED)
    await verbs.tell_both(tx, of, "guarantee.thread.refused", number=of.number)
    return await verbs.review(tx, refused)

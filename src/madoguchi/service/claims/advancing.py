"""A missing parcel whose price is paid back before the wait is over, to customers we know."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from madoguchi.core.ledger.advances.queries import open_advances_of
from madoguchi.core.ledger.rules import BY_PROVIDER
from madoguchi.core.policy.decisions import ClaimDecision, Decision, Verdict
from madoguchi.core.policy.pack import NEVER_BY_ITSELF, RulePack
from madoguchi.core.policy.questions import AdvanceQuestion, ClaimQuestion
from madoguchi.core.policy.rules import decide_advance, decide_claim
from madoguchi.core.shop.queries import Order, known_since
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money, total
from madoguchi.service.claims import queries


async def decided(
    tx: Tx, pack: RulePack, order: Order, units: Mapping[str, int], money: Mapping[str, Money], waiting: ClaimDecision
) -> Decision | None:
    """What the rules say to paying back now what a claim waits for; None where it is out of the question.

    It must be believed once the wait is over, and be money that one provider can take again.
    """
    kinds = {tender.ref: tender.kind for tender in order.document.tenders}
    flags = {flag for line in order.document.lines if line.ref in units for flag in line.flags}
    if [kinds[ref] in BY_PROVIDER for ref in money] != [True] or not flags.isdisjoint(NEVER_BY_ITSELF):
        return None
    assert isinstance(waiting.question, ClaimQuestion)
    then = decide_claim(pack, msgspec.structs.replace(waiting.question, at=waiting.wait_until))
    if then.verdict is not Verdict.ALLOW:
        return None
    question = AdvanceQuestion(
        at=tx.now,
        country=order.document.address.country,
        amount=total(list(money.values()), order.document.currency).amount,
        customer_since=await known_since(tx, order.customer_id),
        open_advances=await under_way(tx, order.customer_id),
    )
    return decide_advance(pack, question)


async def under_way(tx: Tx, customer_id: UUID) -> int:
    """How many advances count against a customer: what is open, and what was agreed to and is about to be paid."""
    return await open_advances_of(tx, customer_id) + await queries.promised_advances(tx, customer_id)

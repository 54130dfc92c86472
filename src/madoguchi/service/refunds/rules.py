"""What a provider's list says about our intents, and how long to wait before asking again. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.ledger.intents.rules import Intent, IntentState
from madoguchi.service.refunds.port import ProviderRefund, RefundState

CLOCKS_DIFFER = timedelta(minutes=5)
ASKED_AT_MOST = 8  # times before a person is asked to find out


class TaskKind(StrEnum):
    """What a person has to find out."""

    UNKNOWN = "unknown"  # asked for, and nobody knows what became of it
    STRAY = "stray"  # the provider paid back what we do not know of, or had given up
    MISSING = "missing"  # it went by our books, and the provider does not know it
    AMOUNT = "amount"  # the provider paid another amount
    STORE_REFUSED = "store_refused"  # the money went, and the store does not note it
    BY_HAND = "by_hand"  # the store cannot be asked to give it back


class Finding(msgspec.Struct, frozen=True):
    """A difference between our books and the provider's; `kind` None: looking at the intent again will mend it."""

    kind: TaskKind | None
    intent_id: UUID | None = None
    outside_ref: str | None = None


def again_in(attempts: int) -> timedelta:
    """How long to wait before the next try."""
    return timedelta(seconds=min(2**attempts, 60))


def match(intent: Intent, listed: Sequence[ProviderRefund], taken: Collection[str]) -> Sequence[ProviderRefund]:
    """Refunds of the list that can be this intent's: the one with its key, else same payment, amount and time."""
    by_key = [refund for refund in listed if refund.key == str(intent.id)]
    if by_key:
        return by_key
    since = (intent.sent_at or intent.made_at) - CLOCKS_DIFFER
    return [
        refund
        for refund in listed
        if refund.key is None
        and refund.ref not in taken
        and (refund.payment_ref, refund.amount) == (intent.payment_ref, intent.amount)
        and refund.made_at >= since
    ]


def compare(
    store_id: str, since: datetime, intents: Sequence[Intent], listed: Sequence[ProviderRefund]
) -> list[Finding]:
    """Where our books and the provider's list since a moment differ; what was asked for before need not be in it."""
    by_key = {str(intent.id): intent for intent in intents}
    by_ref = {intent.outside_ref: intent for intent in intents if intent.outside_ref}
    findings, seen = [], set()
    for refund in listed:
        if not refund.payment_ref.startswith(f"{store_id}/"):
            continue
        intent = by_key.get(refund.key or "") or by_ref.get(refund.ref)
        if intent is None:
            findings.append(Finding(TaskKind.STRAY, outside_ref=refund.ref))
            continue
        seen.add(intent.id)
        findings += _of_one(intent, refund)
    findings += [
        Finding(TaskKind.MISSING, intent.id)
        for intent in intents
        if intent.state is IntentState.SUCCEEDED and intent.id not in seen and (intent.sent_at or since) > since
    ]
    waiting = [one for one in intents if one.state is IntentState.UNKNOWN and one.id not in seen]
    return _without_those_looked_for(findings, listed, waiting)


_NOT_THIS_WAY = frozenset({IntentState.FAILED, IntentState.REROUTED, IntentState.DROPPED})
_OURS: Mapping[RefundState, frozenset[IntentState]] = {
    RefundState.SUCCEEDED: frozenset({IntentState.SUCCEEDED}),
    RefundState.FAILED: _NOT_THIS_WAY,
    RefundState.PENDING: frozenset({IntentState.PENDING}),
}


def _of_one(intent: Intent, refund: ProviderRefund) -> list[Finding]:
    if refund.amount != intent.amount:
        return [Finding(TaskKind.AMOUNT, intent.id, refund.ref)]
    if intent.state in _OURS[refund.state]:
        return []
    if intent.state in _NOT_THIS_WAY:
        return [Finding(TaskKind.STRAY, intent.id, refund.ref)]
    return [Finding(None, intent.id, refund.ref)]


def _without_those_looked_for(
    findings: list[Finding], listed: Sequence[ProviderRefund], waiting: Sequence[Intent]
) -> list[Finding]:
    """A stray refund that an intent in doubt may be is first looked at by that intent."""
    strays = {finding.outside_ref for finding in findings if finding.kind is TaskKind.STRAY and not finding.intent_id}
    kept = list(findings)
    for intent in waiting:
        found = [refund for refund in match(intent, listed, ()) if refund.ref in strays]
        kept = [one for one in kept if one.outside_ref not in {refund.ref for refund in found}]
        kept.append(Finding(None, intent.id))
    return kept

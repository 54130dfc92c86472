"""Carrying intents out: claim, ask outside of any transaction under the intent's key, settle; and comparing books."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.queries import access_intent
from madoguchi.core.ledger.intents.rules import UNDER_WAY, Intent, IntentState, Rail
from madoguchi.core.people.queries import access_customer
from madoguchi.core.shop import verbs as shop
from madoguchi.core.shop.port import Capability, Operation, OperationState, RefundTo, StorePort, StoreUnavailable
from madoguchi.core.shop.queries import access_order
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.failpoints import failpoint
from madoguchi.kit.jobs import Nothing
from madoguchi.service.refunds import queries, rules, verbs
from madoguchi.service.refunds.port import PaymentPort, ProviderRefund, ProviderUnavailable, RefundState
from madoguchi.service.refunds.rules import TaskKind

LOOKS_BACK = timedelta(days=3)
log = logging.getLogger(__name__)


class Executor:
    """Sends money back by its provider or store. Safe to run twice: both know our keys."""

    def __init__(
        self, database: Database, stores: Mapping[str, StorePort], providers: Mapping[str, PaymentPort]
    ) -> None:
        self._db = database
        self._stores = stores
        self._providers = providers

    async def execute(self, arguments: intents.ExecuteRefund) -> None:
        """One step of an intent: it settles, or is looked at again later; then the store is told.

        The store is told before anything else is heard: what it noted, nobody may take for not noted later.
        """
        intent = await self._db.run(SYSTEM, lambda tx: intents.claim_refund(tx, arguments.intent_id))
        if intent.state is IntentState.SUCCEEDED and not await self._tell_store(intent):
            return
        goes_on = intent.state is IntentState.RESERVED or intent.state in UNDER_WAY
        if intent.rail is Rail.PROVIDER and (goes_on or intent.state is IntentState.SUCCEEDED):
            await self._by_provider(intent)
        elif intent.rail is Rail.STORE and goes_on:
            await self._by_store(intent)
        await self._tell_store(intent)

    # --- the provider

    async def _by_provider(self, intent: Intent) -> None:
        provider = self._providers[intent.store_id]
        try:
            found = await self._refund(provider, intent)
        except ProviderUnavailable:
            log.warning("the provider of %s did not answer for refund %s", intent.store_id, intent.number)
            await self._db.run(SYSTEM, lambda tx: _doubt(tx, intent))
            return
        failpoint("after_provider")
        if found is not None:
            await self._db.run(SYSTEM, lambda tx: _take(tx, intent, found))
        elif intent.state is not IntentState.SUCCEEDED:
            await self._db.run(SYSTEM, lambda tx: _doubt(tx, intent))

    async def _refund(self, provider: PaymentPort, intent: Intent) -> ProviderRefund | None:
        """What became of it, asking for it where it is certain or harmless that it is asked for."""
        key = str(intent.id)
        if not provider.keeps_keys and intent.attempts:
            return await self._search(provider, intent)
        known = await provider.get_refund(key) if intent.attempts else None
        if known is not None or intent.state is IntentState.SUCCEEDED:
            return known
        return await provider.refund(key, intent.payment_ref, intent.amount)

    async def _search(self, provider: PaymentPort, intent: Intent) -> ProviderRefund | None:
        """The provider does not know our keys: the one refund of its list that can be this one, if there is one."""
        listed = await provider.list_refunds((intent.sent_at or intent.made_at) - rules.CLOCKS_DIFFER)
        if intent.outside_ref:
            return next((refund for refund in listed if refund.ref == intent.outside_ref), None)
        taken = await self._db.run(SYSTEM, lambda tx: queries.taken_refs(tx, intent.payment_ref))
        found = rules.match(intent, listed, taken)
        return found[0] if len(found) == 1 else None

    # --- the store

    async def _by_store(self, intent: Intent) -> None:
        store = self._stores[intent.store_id]
        needed = Capability.REFUND_GIFT if intent.gift_id else Capability.REFUND
        if needed not in store.capabilities():
            await self._db.run(SYSTEM, lambda tx: _by_hand(tx, intent))
            return
        operation = await self._ask(store, intent)
        failpoint("after_store")
        await self._db.run(SYSTEM, lambda tx: _take_operation(tx, intent, operation))

    async def _ask(self, store: StorePort, intent: Intent) -> Operation:
        """Give it back at the store; what the store had noted as refunded before is given as credit."""
        key = str(intent.id)
        try:
            known = await store.get_operation(key) if intent.attempts else None
            if known:
                return known
            if intent.booked_at is None and intent.gift_id is None:
                to = RefundTo(intent.destination)
                return await store.refund(key, intent.order_ref, intent.tender_ref, intent.amount, to)
            customer = await self._db.run(SYSTEM, lambda tx: access_customer(tx, SYSTEM, intent.customer_id))
            who = customer.store_ref or ""
            if intent.booked_at is None:
                return await store.refund_gift(key, intent.order_ref, intent.tender_ref, intent.amount, who)
            return await store.issue_credit(key, who, intent.amount, intent.number)
        except StoreUnavailable:
            log.warning("the store %s did not answer for refund %s", intent.store_id, intent.number)
            return Operation(key=key, state=OperationState.UNKNOWN)

    async def _tell_store(self, before: Intent) -> bool:
        """The store notes what a provider or a bank paid; False when that is still open."""
        intent = await self._db.run(SYSTEM, lambda tx: access_intent(tx, SYSTEM, before.id))
        store = self._stores[intent.store_id]
        if intent.state is not IntentState.SUCCEEDED or intent.booked_at is not None:
            return True
        if Capability.REFUND not in store.capabilities():
            await self._db.run(SYSTEM, lambda tx: intents.book_refund(tx, intent.id))
            return True
        operation = await self._ask(store, intent)
        failpoint("after_store")
        await self._db.run(SYSTEM, lambda tx: _take_note(tx, intent, operation))
        return operation.state is OperationState.SUCCEEDED


class Reconciler:
    """Compares our books with each provider's."""

    def __init__(self, database: Database, providers: Mapping[str, PaymentPort]) -> None:
        self._db = database
        self._providers = providers

    async def nightly(self, _: Nothing) -> None:
        """The last days of every store; and accounts that are no longer needed are forgotten."""
        since = clock.now() - LOOKS_BACK
        for store_id in self._providers:
            await self.compare(store_id, since)
        await self._db.run(SYSTEM, lambda tx: verbs.wipe_accounts(tx, tx.now - verbs.KEPT_FOR))

    async def compare(self, store_id: str, since: datetime) -> int:
        """How many differences there were; the provider being away is none."""
        try:
            listed = await self._providers[store_id].list_refunds(since)
        except ProviderUnavailable:
            log.warning("the provider of %s did not answer", store_id)
            return 0
        named = [name for one in listed for name in (one.key, one.ref) if name]
        begin = since - rules.CLOCKS_DIFFER
        ours = await self._db.run(SYSTEM, lambda tx: queries.comparable(tx, store_id, begin, named))
        findings = rules.compare(store_id, since, ours, listed)
        await self._db.run(SYSTEM, partial(_take_findings, store_id, findings))
        return len(findings)


async def _take(tx: Tx, intent: Intent, found: ProviderRefund) -> None:
    """Book what the provider says."""
    match found.state:
        case RefundState.SUCCEEDED:
            await intents.settle_refund(tx, intent.id, found.ref, booked=False)
            await verbs.found_out(tx, intent.id)
        case RefundState.FAILED:
            await intents.fail_refund(tx, intent.id, found.code or "failed")
            await verbs.found_out(tx, intent.id)
        case RefundState.PENDING:
            again = tx.now + rules.again_in(intent.attempts + 1)
            await intents.keep_refund(tx, intent.id, IntentState.PENDING, again, found.ref)


async def _doubt(tx: Tx, intent: Intent) -> None:
    """Nobody knows what became of it; after some tries a person has to find out.

    What went stays as it is: there was news that could not be read, so it is looked at again.
    """
    await intents.keep_refund(tx, intent.id, IntentState.UNKNOWN, tx.now + rules.again_in(intent.attempts + 1))
    if intent.attempts >= rules.ASKED_AT_MOST:
        await verbs.open_task(tx, intent.store_id, TaskKind.UNKNOWN, intent.id, None)


async def _by_hand(tx: Tx, intent: Intent) -> None:
    await intents.keep_refund(tx, intent.id, IntentState.PENDING, tx.now + timedelta(days=1))
    await verbs.open_task(tx, intent.store_id, TaskKind.BY_HAND, intent.id, None)


async def _take_operation(tx: Tx, intent: Intent, operation: Operation) -> None:
    """Book what the store did with a refund of its own."""
    match operation.state:
        case OperationState.SUCCEEDED:
            await _mirror(tx, intent, operation)
            await intents.settle_refund(tx, intent.id, operation.created or operation.key, booked=True)
            await verbs.found_out(tx, intent.id)
            await shop.take_facts_again(tx, intent.order_id)
        case OperationState.FAILED:
            await intents.fail_refund(tx, intent.id, f"store_{operation.code or 'failed'}")
            await verbs.found_out(tx, intent.id)
        case OperationState.PENDING:
            again = tx.now + rules.again_in(intent.attempts + 1)
            await intents.keep_refund(tx, intent.id, IntentState.PENDING, again)
        case OperationState.UNKNOWN:
            await _doubt(tx, intent)


async def _take_note(tx: Tx, intent: Intent, operation: Operation) -> None:
    """The store has noted a refund that went, or will not."""
    match operation.state:
        case OperationState.SUCCEEDED:
            await _mirror(tx, intent, operation)
            await intents.book_refund(tx, intent.id)
            await shop.take_facts_again(tx, intent.order_id)
        case OperationState.FAILED:
            await verbs.open_task(tx, intent.store_id, TaskKind.STORE_REFUSED, intent.id, None)
        case _:
            await intents.enqueue_refund(tx, intent.id, tx.now + rules.again_in(intent.attempts + 1))


async def _mirror(tx: Tx, intent: Intent, operation: Operation) -> None:
    """Lock order: orders, tenders, intents."""
    await access_order(tx, SYSTEM, intent.order_id, lock=True)
    if operation.order:
        await shop.mirror_order(tx, intent.store_id, operation.order)


async def _take_findings(store_id: str, findings: list[rules.Finding], tx: Tx) -> None:
    await verbs.take_findings(tx, store_id, findings)

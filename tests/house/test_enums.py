"""The words that a column may hold are those of the rules."""

import re
from collections.abc import Mapping

import psycopg

from madoguchi.core.access.rules import STAFF, Audience, Role
from madoguchi.core.cases.rules import Author, Channel, Kind, State
from madoguchi.core.ledger.advances.rules import AdvanceState
from madoguchi.core.ledger.credits.rules import CreditState
from madoguchi.core.ledger.intents.rules import IntentState, Rail
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.decisions import Verdict
from madoguchi.core.policy.pack import Fault, Ground, Method, Problem, Remedy, ReturnReason, Trigger
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop.port import OperationState as Doing
from madoguchi.core.shop.port import OrderState, RefundTo
from madoguchi.core.threads.rules import Topic, Wanted
from madoguchi.edge.stores.demo.money import Way
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.service.claims.rules import ClaimState
from madoguchi.service.goodwill.rules import GrantState
from madoguchi.service.guarantee.rules import SellerAnswer, Side
from madoguchi.service.guarantee.rules import State as GuaranteeState
from madoguchi.service.notices.rules import DeliveryState, Refusal
from madoguchi.service.receipts.rules import Kind as Document
from madoguchi.service.refunds.port import ChargeState
from madoguchi.service.refunds.port import RefundState as ProviderState
from madoguchi.service.refunds.rules import TaskKind
from madoguchi.service.returns.rules import (
    Acceptance,
    Booked,
    Condition,
    Disposition,
    Doubt,
    Fee,
    Grade,
    Reception,
    ReturnState,
    Stage,
    Stray,
    Why,
)
from madoguchi.service.returns.rules import Wish as Return
from madoguchi.service.routing.rules import ItemState, OfferOutcome, Outcome, Presence

Words = frozenset[str]

# column → what it may hold, by the rules
COLUMNS: Mapping[str, Words] = {
    "cases.state": Words(State),
    "cases.resume_to": Words({State.BOT, State.QUEUED, State.ACTIVE}),
    "contacts.channel": Words(Channel),
    "entries.kind": Words(Kind),
    "seller_threads.topic": Words(Topic),
    "seller_threads.wanted": Words(Wanted),
    "entries.author": Words(Author),
    "entries.audience": Words(Audience),
    "staff.role": Words(STAFF | {Role.WAREHOUSE}),
    "requests.state": Words(RequestState),
    "requests.approval_role": Words(STAFF),
    "refund_intents.destination": Words(Destination),
    "refund_intents.rail": Words(Rail),
    "refund_intents.state": Words(IntentState),
    "policy_decisions.verdict": Words(Verdict),
    "returns.wish": Words(Return),
    "returns.reason": Words(ReturnReason),
    "returns.fault": Words(Fault),
    "returns.condition": Words(Condition),
    "returns.method": Words(Method),
    "returns.refund_on": Words(Trigger),
    "returns.stage": Words(Stage),
    "returns.state": Words(ReturnState),
    "returns.doubt": Words(Doubt),
    "return_units.reception": Words(Reception),
    "return_units.acceptance": Words(Acceptance),
    "return_units.why": Words(Why),
    "return_units.grade": Words(Grade),
    "return_units.disposition": Words(Disposition),
    "return_units.booked": Words(Booked),
    "return_fees.kind": Words(Fee),
    "return_fees.fault": Words({Fault.CUSTOMER}),
    "stray_parcels.what": Words(Stray),
    "guarantee_claims.ground": Words(Ground),
    "guarantee_claims.state": Words(GuaranteeState),
    "guarantee_claims.answer": Words(SellerAnswer),
    "guarantee_claims.liability": Words(Fault),
    "guarantee_words.side": Words(Side),
    "claims.problem": Words(Problem),
    "claims.remedy": Words(Remedy),
    "claims.state": Words(ClaimState),
    "goodwill_grants.state": Words(GrantState),
    "ledger_advances.state": Words(AdvanceState),
    "ledger_credits.state": Words(CreditState),
    "refund_tasks.kind": Words(TaskKind),
    "receipts.kind": Words(Document),
    "work_items.state": Words(ItemState),
    "offers.outcome": Words(OfferOutcome),
    "presence.state": Words(Presence),
    "wrap_ups.outcome": Words(Outcome),
    "deliveries.state": Words(DeliveryState),
    "deliveries.refusal": Words(Refusal),
    "demo_store.orders.state": Words(OrderState),
    "demo_store.operations.state": Words({Doing.PENDING, Doing.SUCCEEDED, Doing.FAILED}),
    "demo_store.payments.kind": Words(Way),
    "demo_carriers.operations.state": Words({Doing.PENDING, Doing.SUCCEEDED, Doing.FAILED}),
    "demo_payments.charges.state": Words(ChargeState),
    "demo_payments.refunds.state": Words(ProviderState),
} | {
    f"{table}.{column}": Words(LANGUAGES)
    for table, column in {
        "stores": "locale",
        "customers": "locale",
        "staff": "locale",
        "seller_people": "locale",
        "sessions": "locale",
        "cases": "locale",
        "messages": "locale",
        "work_items": "language",
        "demo_store.customers": "locale",
    }.items()
}
# columns whose words are nobody's enum: written in one place only, beside the table
WORDS_OF_THE_TABLE = {
    "sessions.kind",
    "ledger_entries.step",
    "deliveries.channel",
    "demo_store.subscriptions.kind",
    "demo_store.subscriptions.state",
    "demo_store.changes.kind",
}

_CHECKS = """
select case nspname when 'public' then '' else nspname || '.' end || relname || '.' || attname,
       pg_get_constraintdef(c.oid)
from pg_constraint c
join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
where c.contype = 'c' and cardinality(c.conkey) = 1
"""


def test_columns_hold_the_words_of_the_rules(database_url: str) -> None:
    """A state that only the code knows is refused by the database in the middle of the night."""
    found = listed(database_url)
    assert {column: words for column, words in found.items() if COLUMNS.get(column, words) != words} == {}
    assert found.keys() ^ (COLUMNS.keys() | WORDS_OF_THE_TABLE) == set()


def test_the_ledger_and_the_store_mean_the_same_places() -> None:
    """The ledger stands below the store port and spells the words itself; for a present there is another write."""
    assert Words(Destination) - {Destination.RECIPIENT} == Words(RefundTo)


def test_catches_violations(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("alter table cases drop constraint cases_state_check")
        conn.execute("alter table cases add constraint cases_state_check check (state in ('bot', 'asleep'))")
    assert listed(database_url)["cases.state"] != COLUMNS["cases.state"]


def listed(database_url: str) -> dict[str, Words]:
    """Columns of a migrated database with the words that a CHECK lists for them."""
    with psycopg.connect(database_url) as conn:
        return {column: words for column, check in conn.execute(_CHECKS) if (words := _words(check))}


def _words(check: str) -> Words:
    """The literals of `= ANY (ARRAY['a'::text, 'b'::text])`, or of a single `= 'a'::text`."""
    if not re.match(r"CHECK \(\(\(?\w+\)? = ", check):
        return Words()
    return Words(re.findall(r"'([^']*)'::text", check))

"""What every change of an order begins with: the order, nothing else under way on it, and what the rules say."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Subject, refusal
from madoguchi.core.actions.rules import Draft, Refusal, Said, Slip
from madoguchi.core.policy.decisions import ChangeDecision, Denied, Verdict
from madoguchi.core.policy.pack import ChangeWish, RulePack, Then
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import StoreOrder
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

_WHILE_HELD = frozenset({ChangeWish.ADDRESS, ChangeWish.REORDER})  # while goods wait for those that come back for them
# what the rules say of orders that have no address, no wrapping, or nothing left at all
_NOTHING_TO_CHANGE = frozenset({"order_cancelled", "cancel_already", "address_digital", "gift_options_digital"})


class Opening(msgspec.Struct, frozen=True):
    """An order that may be changed, and why."""

    order: Order
    pack: RulePack
    decision: ChangeDecision

    @property
    def facts(self) -> StoreOrder:
        """The order as the store tells it."""
        return self.order.document

    @property
    def line_refs(self) -> tuple[str, ...]:
        """The lines that the store can change; what has left is the carrier's."""
        return tuple(ref for ref, row in self.decision.lines.items() if row.then is not Then.CARRIER)

    @property
    def asked(self) -> bool:
        """Whether the warehouse has a word."""
        return any(row.then is Then.ASK_STORE for row in self.decision.lines.values())

    @property
    def rule(self) -> Said:
        """The rule it rests on for the first line that can change, in small type."""
        row = self.decision.lines[self.line_refs[0]]
        return Said(next(reason.key for reason in self.decision.reasons if reason.rule == row.id))

    def draft(self, slip: Slip, plan: msgspec.Struct, line_refs: Iterable[str] | None = None) -> Draft:
        """What a quote of the change holds; `line_refs` are the lines it is about, unless it is about all it can be."""
        return Draft(
            slip=slip,
            plan=msgspec.to_builtins(plan),
            order_id=self.order.id,
            order_version=self.order.version,
            line_refs=self.line_refs if line_refs is None else tuple(line_refs),
            decision=self.decision,
        )


async def open_for(
    tx: Tx, actor: Actor, order_id: UUID, wish: ChangeWish, line_refs: Sequence[str] | None = None
) -> Opening:
    """The order, when the rules let it be changed so now; `line_refs` are the lines the customer picked.

    Refused: change_open while something else is under way, change_held, Denied with the rule's reason, unknown_line.
    """
    order = await access_order(tx, actor, order_id)
    if await open_request_on(tx, order.id):
        raise Refused("change_open", 409)
    if order.document.held and wish not in _WHILE_HELD:
        raise Refused("change_held", 409, alternatives=("order.cancel", "service.human"))
    if line_refs is not None and not {line.ref for line in order.document.lines}.issuperset(line_refs):
        raise Refused("unknown_line")
    pack = await rules_of(tx, order.store_id)
    named = None if line_refs is None else tuple(line_refs)
    decision = decide_change(pack, about_change(wish, order.document, tx.now, named))
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)
    if all(row.then is Then.CARRIER for row in decision.lines.values()):
        raise Refused("asks_carrier", 409, alternatives=("delivery.redirect", "service.human"))
    return Opening(order, pack, decision)


async def offered(tx: Tx, actor: Actor, subject: Subject, wish: ChangeWish) -> Refusal | None:
    """None when the order may be changed so now; else why not and what instead."""
    try:
        await open_for(tx, actor, subject.id, wish)
    except Refused as refused:
        return why_not(refused)
    return None


def why_not(refused: Refused) -> Refusal:
    """Why an order cannot be changed so, as an offer tells it."""
    told = refusal(refused)
    return msgspec.structs.replace(told, unrelated=told.unrelated or told.code in _NOTHING_TO_CHANGE)

"""What of an order may come back, and what the rules say to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Unrelated
from madoguchi.core.gifts.rules import Gift
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.advances.queries import open_advances_of
from madoguchi.core.ledger.rules import BY_PROVIDER, HELD_BY_STORE, Destination, LineUnits, TenderMoney
from madoguchi.core.people.queries import store
from madoguchi.core.policy import paying_back, questions
from madoguchi.core.policy.believed.queries import history
from madoguchi.core.policy.decisions import ReturnDecision, Verdict
from madoguchi.core.policy.pack import ReturnReason, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import AdvanceQuestion, History, ReturnQuestion
from madoguchi.core.policy.rules import decide_advance, decide_return
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import OrderLine, StoreOrder
from madoguchi.core.shop.queries import Order, access_order, known_since, order_id_of
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.returns import queries
from madoguchi.service.returns.rules import Condition, Wish

PERSON = ("service.human",)
_ENDED_BY_ITSELF = frozenset({"membership"})  # by its own action, which gives back what the rules say


class Before(msgspec.Struct, frozen=True):
    """What limits count of whoever sends something back: earlier returns, advances, what they were believed."""

    returns: int
    open_advances: int
    history: History


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the ledger and the rules see it, and what the rules know of whoever sends something back.

    That is its customer or, with a `gift`, whoever got it as a present. `paid` is the order by which goods were paid
    that were sent again at no price.
    """

    order: Order
    pack: RulePack
    zone: str
    held: Mapping[str, LineUnits]
    money: Mapping[str, TenderMoney]
    known_since: datetime
    before: Before
    sent_again: frozenset[str]
    gift: Gift | None = None
    paid: StoreOrder | None = None

    @property
    def document(self) -> StoreOrder:
        """The order as the store tells it."""
        return self.order.document

    @property
    def left(self) -> dict[str, int]:
        """How many units of each line could come back: delivered, and nothing else was done with them."""
        return {line.ref: self._left(line) for line in self.document.lines}

    def _left(self, line: OrderLine) -> int:
        own = not _ENDED_BY_ITSELF.isdisjoint(line.flags)
        return 0 if own else max(0, min(self.held[line.ref].free, line.delivered))

    def worth(self, units: Mapping[str, int]) -> dict[str, Money]:
        """What units of lines cost, after those for which everything was done (I10)."""
        return paying_back.worth(self.document, self.held, units)

    def value(self, line: OrderLine, units: int) -> int:
        """What units are worth to the rules, in minor units: sent again, as much as those that were paid."""
        first = next((one for one in self.paid.lines if one.sku == line.sku), None) if self.paid else None
        if first:
            return first.total.amount * units // first.quantity
        return self.worth({line.ref: units})[line.ref].amount


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer tells of goods that come back."""

    reason: ReturnReason
    condition: Condition = Condition.UNOPENED
    evidence: bool = False
    refund_to: Destination | None = None


async def basis(tx: Tx, actor: Actor, order_id: UUID) -> Basis:
    """The order, when nothing else is under way on it and something of it was delivered.

    Refused: return_not_delivered, return_status, change_open, return_nothing_left.
    """
    return await basis_of(tx, await access_order(tx, actor, order_id))


async def basis_of(tx: Tx, order: Order, gift: Gift | None = None) -> Basis:
    """The same of an order that was found to concern the actor; of a gift as the system sees it."""
    customer_id = gift.customer_id if gift else order.customer_id
    if not any(line.delivered for line in order.document.lines):
        raise Unrelated("return_not_delivered", 409, alternatives=PERSON)
    if await open_request_on(tx, order.id):
        raise Refused("change_open", 409)
    pack = await rules_of(tx, order.store_id)
    if pack.returns.status and order.document.status_text not in pack.returns.status:
        raise Refused("return_status", 409, alternatives=PERSON, word=order.document.status_text)
    found = Basis(
        order=order,
        pack=pack,
        zone=(await store(tx, order.store_id)).time_zone,
        held=await ledger.lines(tx, order.id),
        money=await ledger.tenders(tx, order.id),
        known_since=await known_since(tx, customer_id),
        before=await before(tx, pack, customer_id),
        sent_again=await queries.sent_back_again(tx, order.id, customer_id),
        gift=gift,
        paid=await _paid_order(tx, order),
    )
    if not any(found.left.values()):
        raise Unrelated("return_nothing_left", 409, alternatives=PERSON)
    return found


async def _paid_order(tx: Tx, order: Order) -> StoreOrder | None:
    first: Order | None = order
    while first and first.document.replaces:
        first_id = await order_id_of(tx, first.store_id, first.document.replaces)
        first = await access_order(tx, SYSTEM, first_id) if first_id else None
    return first.document if first and first is not order else None


async def before(tx: Tx, pack: RulePack, customer_id: UUID) -> Before:
    """What limits count, as it is now."""
    return Before(
        returns=await queries.returned_since(tx, customer_id, tx.now - timedelta(days=pack.returns.photos.days)),
        open_advances=await open_advances_of(tx, customer_id) + await queries.promised_advances(tx, customer_id),
        history=await history(tx, pack, customer_id),
    )


def decide(of: Basis, ref: str, units: int, told: Told, at: datetime, *, trusted: bool) -> ReturnDecision:
    """What the rules say to units of a line."""
    return decide_return(of.pack, question(of, ref, units, told, at, trusted=trusted))


def question(of: Basis, ref: str, units: int, told: Told, at: datetime, *, trusted: bool) -> ReturnQuestion:
    """What is asked of the rules."""
    line = next(line for line in of.document.lines if line.ref == ref)
    return ReturnQuestion(
        at=at,
        country=of.document.address.country,
        reason=told.reason,
        ordered_at=of.order.placed_at,
        delivered_at=delivered_at(of.document, ref),
        zone=of.zone,
        amount=of.value(line, units),
        flags=line.flags,
        condition=_condition(told.condition),
        evidence=told.evidence,
        returns_before=of.before.returns,
        history=of.before.history,
        trusted=trusted,
        to_balance=_to_balance(of, told.refund_to),
    )


def trusted(of: Basis, units: Mapping[str, int], at: datetime) -> bool:
    """Whether this customer may be paid before the goods are back."""
    asked = in_advance(of, units, at)
    return asked is not None and decide_advance(of.pack, asked).verdict is Verdict.ALLOW


def in_advance(of: Basis, units: Mapping[str, int], at: datetime) -> AdvanceQuestion | None:
    """What is asked of the rules for that; None where it is not one provider that can take it again from them."""
    if not recallable(of.document, of.money, Wish.REFUND, gift=of.gift is not None):
        return None
    return AdvanceQuestion(
        at=at,
        country=of.document.address.country,
        amount=total(list(of.worth(units).values()), of.document.currency).amount,
        customer_since=of.known_since,
        open_advances=of.before.open_advances,
    )


def recallable(order: StoreOrder, money: Mapping[str, TenderMoney], wish: Wish, *, gift: bool) -> bool:
    """Whether what is given can be taken again, by a provider who has taken from whoever ordered it.

    Money by the one who alone still has some of it; the price of goods also after that has left for other goods.
    """
    kinds = {tender.ref: tender.kind for tender in order.tenders}
    if gift:
        return False
    if wish is not Wish.REFUND:
        return not BY_PROVIDER.isdisjoint(kinds.values())
    return [kinds[ref] in BY_PROVIDER for ref, held in money.items() if held.free.amount > 0] == [True]


def delivered_at(order: StoreOrder, ref: str) -> datetime | None:
    """When the last parcel with something of a line came; what needs no parcel is there from the order on."""
    parcels = [parcel for parcel in order.shipments if ref in parcel.lines]
    if not parcels and any(line.delivered for line in order.lines if line.ref == ref):
        return order.placed_at
    return max((parcel.delivered_at for parcel in parcels if parcel.delivered_at), default=None)


def _condition(told: Condition) -> questions.Condition:
    return questions.Condition(
        opened=told in {Condition.OPENED, Condition.USED, Condition.INCOMPLETE},
        used=told is Condition.USED,
        complete=told is not Condition.INCOMPLETE,
        tags=told is not Condition.UNTAGGED,
    )


def _to_balance(of: Basis, refund_to: Destination | None) -> bool:
    """Whether all of the money goes to what the store holds for whoever sends it back."""
    if of.gift:
        return True
    kinds = [tender.kind for tender in of.document.tenders if tender.captured]
    ways = [of.pack.refunds.ways(kind) for kind in kinds]
    return all(
        kind in HELD_BY_STORE or (len(way) > 1 and refund_to is Destination.GIFT_BALANCE)
        for kind, way in zip(kinds, ways, strict=True)
    )

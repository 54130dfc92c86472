"""Reading claims on the guarantee: for the customer, for staff, and, without the customer, for the seller."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.ledger.queries import returns_opened_at
from madoguchi.core.ledger.verbs import lines
from madoguchi.core.people.sellers.queries import own_seller
from madoguchi.core.photos.queries import Photo, access_photo
from madoguchi.core.policy.pack import Ground
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.core.threads import queries as threads
from madoguchi.core.threads.rules import Topic
from madoguchi.core.threads.verbs import PHOTO
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.money import Money
from madoguchi.service.guarantee.rules import LIVING, REFUSED, Claim, SellerAnswer, Side, State


class SellerClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as the seller sees it: nothing of whose it is. `photos` are those that the customer shows the seller."""

    id: UUID
    number: str
    order_id: UUID
    order_ref: str
    ground: Ground
    units: dict[str, int]
    amount_minor: int
    currency: str
    told: str
    photos: tuple[UUID, ...]
    state: State
    due_at: datetime | None
    answer: SellerAnswer | None
    seller_told: str
    seller_photos: tuple[UUID, ...]
    counts: bool | None
    made_at: datetime

    @property
    def amount(self) -> Money:
        """What it is worth."""
        return Money(self.amount_minor, self.currency)


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim is about, with nothing of whose it is: names with their units, of which so many are on a return.

    `with_shipping`: what it is worth holds what sending all of it cost. `case_id`: where both sides have talked of it.
    """

    lines: tuple[tuple[str, int], ...]
    returning: int
    with_shipping: bool
    case_id: UUID | None


class Figures(msgspec.Struct, frozen=True):
    """A seller's claims since a moment: all, those that count against the seller, and those that were not answered."""

    claims: int
    counted: int
    silent: int


class Contact(msgspec.Struct, frozen=True):
    """What is known of how the seller was asked: the thread, since when, and since when a return is wanted."""

    case_id: UUID | None
    asked_at: datetime | None
    return_asked_at: datetime | None


class _Refused(msgspec.Struct, frozen=True):
    line_ref: str
    units: int


class _Words(msgspec.Struct, frozen=True):
    side: Side
    words: str


_CLAIM = """select g.id, g.number, g.store_id, g.customer_id, g.order_id, o.store_ref as order_ref, g.seller_id,
  g.ground, g.units, g.amount as amount_minor, g.currency, g.told, g.photos, g.photos_shown, g.refund_to, g.state,
  g.silence_grants, g.due_at, g.answer, g.seller_told, g.seller_photos, g.answered_at,
  g.liability, g.counts, g.decided_by, g.decided_at, g.decision_note, g.decide_by, g.waits_since,
  g.appeal, g.appeal_until, g.made_at
from guarantee_claims g join orders o on o.id = g.order_id"""
_OF_SELLER = """select g.id, g.number, g.order_id, o.store_ref as order_ref, g.ground, g.units,
  g.amount as amount_minor, g.currency, g.told,
  case when g.photos_shown then g.photos else '[]' end as photos, g.state, g.due_at, g.answer, g.seller_told,
  g.seller_photos, g.counts, g.made_at
from guarantee_claims g join orders o on o.id = g.order_id"""


async def access_claim(tx: Tx, actor: Actor, claim_id: UUID, *, lock: bool = False) -> Claim:
    """The claim, for its customer, staff and the system; else invisible."""
    claim = await tx.maybe(Claim, f"{_CLAIM} where g.id = %s" + (" for update of g" if lock else ""), [claim_id])
    if claim is None or not actor.may_see(claim.customer_id):
        raise invisible()
    return claim


async def claim_of_order(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Claim | None:
    """The claim on an order that is not over, else the newest one, if the actor may see that."""
    await access_order(tx, actor, order_id)
    return await tx.maybe(
        Claim,
        f"{_CLAIM} where g.order_id = %s order by g.state = any(%s) desc, g.made_at desc, g.id desc limit 1"
        + (" for update of g" if lock else ""),
        [order_id, list(LIVING)],
    )


async def denied_claim(tx: Tx, order_id: UUID, *, lock: bool = False) -> Claim | None:
    """The newest claim that was denied, on an order that the actor was found to see."""
    return await tx.maybe(
        Claim,
        f"{_CLAIM} where g.order_id = %s and g.state = 'denied' order by g.made_at desc, g.id desc limit 1"
        + (" for update of g" if lock else ""),
        [order_id],
    )


async def refused_units(tx: Tx, order_id: UUID) -> dict[str, int]:
    """For how many units of which lines of an order the guarantee was denied."""
    rows = await tx.all(
        _Refused,
        """select u.key as line_ref, sum(u.value::int)::int as units
           from guarantee_claims g, jsonb_each_text(g.units) u
           where g.order_id = %s and g.state = any(%s) group by u.key""",
        [order_id, list(REFUSED)],
    )
    return {row.line_ref: row.units for row in rows}


async def claims_of(tx: Tx, actor: Actor, *, limit: int = 10) -> Sequence[Claim]:
    """The actor's own claims as a customer, the newest first."""
    return await tx.all(
        Claim, f"{_CLAIM} where g.customer_id = %s order by g.made_at desc, g.id desc limit %s", [actor.id, limit]
    )


async def to_decide(tx: Tx, actor: Actor, *, limit: int = 100) -> Sequence[Claim]:
    """What waits for somebody's decision, the most urgent first; for staff, else invisible."""
    if not actor.is_staff:
        raise invisible()
    return await tx.all(
        Claim, f"{_CLAIM} where g.state in ('under_review', 'appealed') order by g.decide_by, g.id limit %s", [limit]
    )


async def sellers_photo(tx: Tx, actor: Actor, claim_id: UUID, photo_id: UUID) -> Photo:
    """A photo that the seller shows, for the claim's customer and staff; else invisible."""
    return await _photo(tx, photo_id, (await access_claim(tx, actor, claim_id)).seller_photos)


async def _photo(tx: Tx, photo_id: UUID, among: Collection[UUID]) -> Photo:
    """One of some photos, under a name that tells nothing."""
    if photo_id not in among:
        raise invisible()
    async with tx.acting(SYSTEM):
        return msgspec.structs.replace(await access_photo(tx, SYSTEM, photo_id), name=PHOTO)


async def silent(tx: Tx, *, limit: int = 100) -> Sequence[UUID]:
    """Claims that their sellers did not answer in time (for the system)."""
    return await tx.values(
        "select id from guarantee_claims where state = 'waiting_seller' and due_at < %s order by due_at limit %s",
        [tx.now, limit],
    )


async def made_good(tx: Tx, *, limit: int = 100) -> Sequence[UUID]:
    """Claims that wait for an answer or a decision though everything was done for their goods (for the system)."""
    return await tx.values(
        """select g.id from guarantee_claims g
           where g.state in ('waiting_seller', 'under_review', 'appealed')
             and not exists (
               select from jsonb_object_keys(g.units) u(line)
               join ledger_lines l on l.order_id = g.order_id and l.line_ref = u.line
               where l.ordered > l.cancelled + l.returned + l.kept)
             and not exists (select from ledger_advances a where a.order_id = g.order_id and a.settled_at is null)
           order by g.made_at limit %s""",
        [limit],
    )


async def paid_early(tx: Tx, order_id: UUID) -> bool:
    """Whether a return gave something before the goods are back, which may be asked for again (for the system)."""
    return any(one.of_return and one.settled_at is None for one in await advances_of_order(tx, SYSTEM, order_id))


async def overdue(tx: Tx, actor: Actor) -> int:
    """How many claims should have been decided by now; for staff, else none."""
    query = """select count(*) from guarantee_claims
               where state in ('under_review', 'appealed') and decide_by <= %s and raised_at is not null"""
    return int(await tx.value(query, [tx.now])) if actor.is_staff else 0


async def to_raise(tx: Tx, *, limit: int = 100) -> Sequence[UUID]:
    """Claims about which nobody has decided in time, and which were not raised yet (for the system)."""
    return await tx.values(
        """select id from guarantee_claims
           where state in ('under_review', 'appealed') and decide_by <= %s and raised_at is null
           order by decide_by limit %s""",
        [tx.now, limit],
    )


async def words_of(tx: Tx, actor: Actor, claim_id: UUID) -> dict[Side, str]:
    """What either side really wrote, by side; for staff, else invisible."""
    if not actor.is_staff:
        raise invisible()
    rows = await tx.all(_Words, "select side, words from guarantee_words where claim_id = %s", [claim_id])
    return {row.side: row.words for row in rows}


# --- the seller's side


async def claim_for_seller(tx: Tx, actor: Actor, claim_id: UUID, *, lock: bool = False) -> Claim:
    """The claim, for the people of the seller whom it concerns; else invisible. Not to be shown as it is."""
    async with tx.acting(SYSTEM):
        claim = await tx.maybe(Claim, f"{_CLAIM} where g.id = %s" + (" for update of g" if lock else ""), [claim_id])
    if claim is None or claim.seller_id != own_seller(actor):
        raise invisible()
    return claim


async def seller_claim(tx: Tx, actor: Actor, claim_id: UUID) -> SellerClaim:
    """One of a seller's own claims; else invisible."""
    await claim_for_seller(tx, actor, claim_id)
    async with tx.acting(SYSTEM):
        return await tx.one(SellerClaim, f"{_OF_SELLER} where g.id = %s", [claim_id])


async def photo_for_seller(tx: Tx, actor: Actor, claim_id: UUID, photo_id: UUID) -> Photo:
    """A photo of one of a seller's own claims, of either side; else invisible."""
    of = await seller_claim(tx, actor, claim_id)
    return await _photo(tx, photo_id, (*of.photos, *of.seller_photos))


async def claims_of_seller(tx: Tx, actor: Actor, *, limit: int = 100) -> Sequence[SellerClaim]:
    """A seller's own claims: what is to be answered by its deadline, then the rest, newest first."""
    seller_id = own_seller(actor)
    async with tx.acting(SYSTEM):
        return await tx.all(
            SellerClaim,
            f"""{_OF_SELLER} where g.seller_id = %s and g.state <> 'opened'
                order by g.state <> 'waiting_seller', case when g.state = 'waiting_seller' then g.due_at end,
                         g.made_at desc limit %s""",
            [seller_id, limit],
        )


async def figures(tx: Tx, actor: Actor, since: datetime) -> Figures:
    """A seller's own figures."""
    seller_id = own_seller(actor)
    async with tx.acting(SYSTEM):
        return await tx.one(
            Figures,
            """select count(*)::int as claims, count(*) filter (where counts)::int as counted,
                      count(*) filter (where answer is null and due_at < %s)::int as silent
               from guarantee_claims where seller_id = %s and made_at >= %s and state <> 'withdrawn'""",
            [tx.now, seller_id, since],
        )


# --- what it is about, and what went before


async def goods(tx: Tx, of: Claim | SellerClaim) -> Goods:
    """What a claim is about that the actor was found to see."""
    async with tx.acting(SYSTEM):
        order = await access_order(tx, SYSTEM, of.order_id)
        names = await threads.names(tx, order.store_id, order.document)
        held = await lines(tx, order.id)
        known = await threads.threads_of_order(tx, SYSTEM, order.id)
    everything = all(of.units.get(line.ref) == line.quantity for line in order.document.lines)
    return Goods(
        lines=tuple((names[ref], units) for ref, units in of.units.items()),
        returning=sum(min(units, held[ref].return_open) for ref, units in of.units.items()),
        with_shipping=everything and bool(order.document.fees),
        case_id=known[0].case_id if known else None,
    )


async def contact(tx: Tx, order: Order) -> Contact:
    """How the seller of an order that the actor was found to see was asked."""
    async with tx.acting(SYSTEM):
        known = await threads.threads_of_order(tx, SYSTEM, order.id)
        first = await threads.first_asked(tx, SYSTEM, order.id)
        returns = [one.opened_at for one in known if one.topic is Topic.RETURN]
        if opened := await returns_opened_at(tx, order.id):
            returns.append(opened)
    return Contact(
        case_id=known[0].case_id if known else None,
        asked_at=first.asked_at if first else None,
        return_asked_at=min(returns, default=None),
    )


# --- what must never be


async def mispaid(tx: Tx) -> Sequence[str]:
    """Claims that were granted and not paid once, or paid and not granted."""
    return await tx.values(
        """select g.number from guarantee_claims g
           join lateral (
             select count(distinct q.id) as times from requests q join refund_intents i on i.request_id = q.id
             where q.order_id = g.order_id and q.action in ('guarantee.settle', 'guarantee.decide')
               and q.plan ->> 'claim_id' = g.id::text and i.state <> 'rerouted') p on true
           where p.times <> case when g.state in ('granted', 'reversed') then 1 else 0 end limit 20""",
    )


async def left_lying(tx: Tx) -> Sequence[str]:
    """Claims that should be paid and that nothing will take up."""
    return await tx.values(
        """select g.number from guarantee_claims g where g.state in ('seller_resolved', 'seller_silent', 'due')
             and not exists (select from jobs j where j.key = 'guarantee.pay:' || g.id and j.parked_at is null)
             and not exists (select from requests q where q.order_id = g.order_id and q.settled_at is null)
           limit 20""",
    )

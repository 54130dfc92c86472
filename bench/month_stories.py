"""What people do in a simulated month: each story acts, waits, and acts again, with whatever happened in between."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bench.month_world import Month, Place, Story
from bench.presents import wrapped
from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions.fields import BankAccount
from madoguchi.core.gifts.queries import gifts_of
from madoguchi.core.ledger.intents.queries import intents_in
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import Ground, Method, ReturnReason
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import RequestState, awaiting_approval
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import StoreOrder, TrackingState
from madoguchi.core.threads.rules import Topic, Wanted
from madoguchi.kit.errors import Refused
from madoguchi.service.refunds import queries as refund_queries
from madoguchi.service.refunds import verbs as refunds
from madoguchi.service.returns import exchanging, gifting
from madoguchi.service.returns import queries as returns
from madoguchi.service.returns.missing import Answer
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.rules import Acceptance, Disposition, Doubt, Grade, Reception
from madoguchi.service.returns.units.rules import Unit

Tale = Callable[[Month, Place], Story]
CARRIERS = ("つばさ急便", "ことり運輸", "ひばり郵便")
REASONS = tuple(reason.value for reason in ReturnReason if reason is not ReturnReason.LOST)
CONDITIONS = ("unopened", "unopened", "unopened", "opened", "opened", "incomplete", "used")
GIVEN_BACK_FOR = tuple(reason.value for reason in gifting.REASONS)
EXCHANGED_FOR = tuple(reason.value for reason in exchanging.REASONS)
PROBLEMS = ("damaged", "defective", "wrong_item", "missing_part")
PLACES = ["mail_box", "delivery_box", "drop_place", "household", "neighbours", "carrier_note"]
BALANCE_OR_BANK = ("gift_balance", "gift_balance", "bank")
ACCOUNT = BankAccount(bank="0001", branch="001", kind="ordinary", number="1234567", holder="サトウ ミサキ")
_MISSING, _WENT_BACK = (Answer.BELIEVE, Answer.SEARCH), (Answer.EXPECT, Answer.LEAVE)
WAY = (TrackingState.IN_TRANSIT, TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED)


def stories(month: Month, acts: int, begins: datetime, ends: datetime) -> Sequence[tuple[datetime, Story]]:
    """So many stories, each about an order, beginning at any moment."""
    chance = month.chance
    span = (ends - begins).total_seconds()
    tales = chance.choices(list(TALES), [chapter.weight for chapter in TALES.values()], k=acts)
    about = {tale: [place for place in month.places if chapter.fits(place)] for tale, chapter in TALES.items()}
    return [
        (begins + timedelta(seconds=chance.uniform(0, span)), tale(month, chance.choice(about[tale]))) for tale in tales
    ]


# --- what customers ask for


async def sends_back(month: Month, place: Place) -> Story:
    """Something comes back, for money or for the same again."""
    order = await month.order(place)
    tried_on = any("free_return" in line.flags for line in order.lines)
    request = await month.wish(
        place.customer,
        "order.return",
        order_id=place.order_id,
        lines=_some_units(month.chance, order),
        reason=month.chance.choice(REASONS),
        condition=month.chance.choice(CONDITIONS + ("untagged",) * tried_on),
        wish=month.chance.choice(("refund", "refund", "refund", "replacement")),
        refund_to=await _way_back(month, place),
    )
    if request and request.state is RequestState.DONE:
        async for wait in _comes_back(month, place, request.id):
            yield wait
    else:
        yield timedelta(0)


async def gives_away(month: Month, place: Place) -> Story:
    """The order was a present; whoever got it sends something of it back, and maybe whoever gave it as well."""
    app, recipient = month.app, month.chance.choice(month.places).customer
    store = app.stores["demo"]
    code = await wrapped(app.db, app.store_db, store, (await month.order(place)).ref)
    assert recipient.id
    owner = recipient.id
    if not await month.say(recipient, "gift.redeem", customer_id=str(owner), code=code):
        yield timedelta(0)
        return
    gift, *_ = await app.db.run(recipient, lambda tx: gifts_of(tx, recipient, owner))
    request = await month.wish(
        recipient,
        "gift.return",
        gift_id=str(gift.id),
        lines=_some_units(month.chance, await month.order(place)),
        reason=month.chance.choice(GIVEN_BACK_FOR),
        condition=month.chance.choice(CONDITIONS),
    )
    if request and request.state is RequestState.DONE:
        async for wait in _comes_back(month, msgspec.structs.replace(place, customer=recipient), request.id):
            yield wait
    else:
        yield timedelta(0)


async def exchanges(month: Month, place: Place) -> Story:
    """Another variant is wanted."""
    order = await month.order(place)
    known = await month.app.db.run(
        SYSTEM, lambda tx: shop.products(tx, "demo", {line.product_ref for line in order.lines})
    )
    options = {
        line.ref: [variant.sku for variant in known[line.product_ref].variants if variant.sku != line.sku]
        for line in order.lines
        if line.product_ref in known
    }
    items = {ref: month.chance.choice(skus) for ref, skus in options.items() if skus}
    if not items:
        async for wait in sends_back(month, place):
            yield wait
        return
    request = await month.wish(
        place.customer,
        "order.exchange",
        order_id=place.order_id,
        items=dict(list(items.items())[: month.chance.randint(1, 2)]),
        method_ref=month.chance.choice(("card", "card", "gift_balance", "konbini")),
        reason=month.chance.choice(EXCHANGED_FOR),
        condition="unopened",
    )
    if request and request.state is RequestState.DONE:
        async for wait in _comes_back(month, place, request.id):
            yield wait
    else:
        yield timedelta(0)


async def complains(month: Month, place: Place) -> Story:
    """Goods are broken, wrong or not complete."""
    refund = month.chance.random() < 0.6
    where = {"refund_to": await _way_back(month, place)} if refund else {}
    await month.wish(
        place.customer,
        "item.refund" if refund else "item.replace",
        order_id=place.order_id,
        lines=_some_units(month.chance, await month.order(place)),
        problem=month.chance.choice(PROBLEMS),
        **where,
    )
    yield timedelta(0)


async def misses(month: Month, place: Place) -> Story:
    """A parcel is not there; now and then it turns up."""
    chance, order = month.chance, await month.order(place)
    parcel = chance.choice([parcel.ref for parcel in order.shipments] or ["S1"])
    missing = {"action": "parcel.not_received", "checked": PLACES}
    claim = await month.wish(
        place.customer,
        **chance.choice((missing, missing, {"action": "parcel.late"})),
        order_id=place.order_id,
        parcel_ref=parcel,
        remedy=chance.choice(("resend", "refund")),
        refund_to=await _way_back(month, place),
    )
    if claim and chance.random() < 0.4:
        yield timedelta(hours=chance.uniform(1, 90))
        await month.wish(place.customer, "parcel.found", order_id=place.order_id, parcel_ref=parcel)
    yield timedelta(0)


async def calls_off(month: Month, place: Place) -> Story:
    """An order, or some of it, is not wanted any more."""
    order = await month.order(place)
    lines = _some_units(month.chance, order, sent=False) if month.chance.random() < 0.5 else None
    await month.wish(
        place.customer, "order.cancel", order_id=place.order_id, lines=lines, refund_to=await _way_back(month, place)
    )
    yield timedelta(0)


async def insists(month: Month, place: Place) -> Story:
    """The shop's guarantee is claimed for a seller's goods, and sometimes given up."""
    chance = month.chance
    asked = await month.say(
        place.customer,
        "seller.ask",
        order_id=place.order_id,
        topic=chance.choice(list(Topic)),
        wanted=chance.choice(list(Wanted)),
        text="届いた品が説明と違います。ご対応をお願いします。",
    )
    if asked:
        yield timedelta(hours=chance.uniform(20, 100))
    claim = await month.wish(
        place.customer,
        "guarantee.claim",
        order_id=place.order_id,
        lines=_some_units(chance, await month.order(place)),
        ground=chance.choice(list(Ground)),
        note="出品者から返事がありません。",
        refund_to=await _way_back(month, place),
    )
    if claim and chance.random() < 0.2:
        yield timedelta(hours=chance.uniform(1, 60))
        await month.wish(place.customer, "guarantee.withdraw", order_id=place.order_id)
    yield timedelta(0)


class Chapter(msgspec.Struct, frozen=True):
    """How often a story is told, and of which orders."""

    weight: int
    fits: Callable[[Place], bool]


TALES: dict[Tale, Chapter] = {
    sends_back: Chapter(50, lambda place: place.delivered),
    gives_away: Chapter(6, lambda place: place.delivered),
    exchanges: Chapter(15, lambda place: place.delivered),
    complains: Chapter(12, lambda place: place.delivered),
    misses: Chapter(10, lambda place: True),
    calls_off: Chapter(9, lambda place: not place.delivered),
    insists: Chapter(4, lambda place: place.sellers),
}


# --- what becomes of a parcel


async def _comes_back(month: Month, place: Place, return_id: UUID) -> Story:
    """It is sent, or not; scanned in any order, lost, late, incomplete; looked at; objected to."""
    chance, fate = month.chance, month.chance.random()
    if fate < 0.06:
        return  # never sent
    yield timedelta(days=chance.uniform(0.1, 8))
    if fate < 0.12:
        await month.wish(place.customer, "return.cancel", return_id=return_id)
        return
    if fate < 0.18:
        yield timedelta(days=chance.uniform(25, 40))  # the label has ended, or nearly
    async for wait in _travels(month, place, return_id, lost=0.18 <= fate < 0.22):
        yield wait
    if 0.18 <= fate < 0.21 or 0.22 <= fate < 0.24:
        return  # lost, or handed over and never found
    await _arrives(month, return_id)
    yield timedelta(hours=chance.uniform(1, 60))
    await _is_looked_at(month, return_id)
    if chance.random() < 0.3:
        yield timedelta(days=chance.uniform(0, 5))
        await month.say(place.customer, "return.appeal", return_id=return_id, note="届いたときからこの状態でした。")


async def _travels(month: Month, place: Place, return_id: UUID, *, lost: bool) -> Story:
    """The carrier's news: in another order, twice, or not at all; a lost parcel may be with its sender again later."""
    chance = month.chance
    of = await month.app.db.run(SYSTEM, lambda tx: returns.access_return(tx, SYSTEM, return_id))
    carrier, eleven = chance.choice(CARRIERS), chance.randrange(10**11)
    number = f"{eleven:011d}{eleven % 7}"
    if of.method is Method.OWN:
        told = {"return_id": return_id, "carrier": carrier, "number": number}
        if chance.random() < 0.5 or not await month.say(place.customer, "return.sent", **told):
            return  # nobody tells us anything
    else:
        try:
            await month.app.db.run(SYSTEM, lambda tx: parcels.announced(tx, return_id, carrier, number))
        except Refused:
            return
    news = list(WAY[:1] if lost else WAY)
    if chance.random() < 0.2:
        chance.shuffle(news)
    for state in news + news[:1] * chance.choice((0, 0, 1)):
        yield timedelta(hours=chance.uniform(2, 30))
        await _news(month, carrier, number, state)
    if lost:
        yield timedelta(days=chance.uniform(22, 30))
        if chance.random() < 0.4:
            await _news(month, carrier, number, TrackingState.RETURNED_TO_SENDER)


async def _news(month: Month, carrier: str, number: str, state: TrackingState) -> None:
    at = timedelta(minutes=month.chance.uniform(0, 600))  # what is told now happened before
    await month.app.db.run(SYSTEM, lambda tx: parcels.tracked(tx, carrier, number, state, tx.now - at))
    await month.work()


async def _arrives(month: Month, return_id: UUID) -> None:
    """The warehouse opens the parcel; now and then something is missing in it, or it is scanned twice."""
    chance = month.chance
    told = {}
    for unit in await _units(month, return_id):
        if chance.random() < 0.05:
            told[unit.id] = chance.choice((Reception.SHORT, Reception.WRONG_ITEM))
    for _ in range(chance.choice((1, 1, 1, 2))):
        if told:
            every = {unit.id: told.get(unit.id, Reception.RECEIVED) for unit in await _units(month, return_id)}
            await month.act(Role.WAREHOUSE, "return.receive", return_id=return_id, units=every)
        else:
            await month.act(Role.WAREHOUSE, "return.receive", return_id=return_id)


async def _is_looked_at(month: Month, return_id: UUID) -> None:
    chance = month.chance
    here = [unit for unit in await _units(month, return_id) if unit.reception is Reception.RECEIVED]
    for unit in here:
        bad = chance.random() < 0.15
        found = {
            "complete": not bad or chance.random() < 0.5,
            "opened": chance.random() < 0.3,
            "works": not bad or chance.random() < 0.7,
            "grade": chance.choice((Grade.WORN, Grade.BROKEN)) if bad else Grade.NEW,
        }
        told = {"acceptance": Acceptance.MANUAL} if chance.random() < 0.04 else {}
        await month.act(
            Role.WAREHOUSE,
            "return.inspect",
            return_id=return_id,
            unit_id=unit.id,
            found=found,
            disposition=chance.choice((Disposition.RESTOCK, Disposition.RESELL, Disposition.DISCARD)),
            **told,
        )


# --- what the shop's people do


async def leaders(month: Month) -> Story:
    """Twice a day they decide what waits for them."""
    while True:
        yield timedelta(hours=12)
        await _approve(month)
        await _review(month)


async def _approve(month: Month) -> None:
    leader = month.staff[Role.LEADER]
    app = month.app
    for one in await app.db.run(leader, lambda tx: awaiting_approval(tx, leader)):
        granted = month.chance.random() < 0.8
        try:
            if granted:
                await app.db.run(leader, lambda tx: approvals.approve(tx, app.catalogue, leader, one.id))  # noqa: B023
            else:
                await app.db.run(leader, lambda tx: approvals.decline(tx, app.catalogue, leader, one.id, "—"))  # noqa: B023
        except Refused as refused:
            month.said[f"approval: {refused.code}"] += 1
        await month.work()


async def _review(month: Month) -> None:
    for one in await month.app.db.run(SYSTEM, lambda tx: returns.to_decide(tx, limit=200)):
        if one.doubt:
            answers = _MISSING if one.doubt is Doubt.MISSING else _WENT_BACK
            await month.act(Role.LEADER, "return.decide_missing", return_id=one.id, answer=month.chance.choice(answers))
            continue
        answer = month.chance.choice((Acceptance.ACCEPTED, Acceptance.REJECTED))
        await month.act(Role.LEADER, "return.review", return_id=one.id, answer=answer, note="写真を確認しました。")


async def clerks(month: Month) -> Story:
    """Every day they see to money that waits for an account, could not go, or goes by bank."""
    while True:
        yield timedelta(days=1)
        for intent in await _intents(month, IntentState.PLANNED, Rail.BANK):
            await _ask_for_account(month, intent)
        for rail in Rail:
            for intent in await _intents(month, IntentState.FAILED, rail):
                await _send_elsewhere(month, intent)
        await _pay_out(month)
        await month.work()


async def _ask_for_account(month: Month, intent: Intent) -> None:
    if month.chance.random() < 0.7:
        app = month.app
        await app.db.run(SYSTEM, lambda tx: refunds.give_account(tx, app.vault, SYSTEM, intent.id, ACCOUNT))
    elif month.chance.random() < 0.3:
        await _send_elsewhere(month, intent)


async def _send_elsewhere(month: Month, intent: Intent) -> None:
    to = Destination.GIFT_BALANCE
    try:
        await month.app.db.run(SYSTEM, lambda tx: refunds.go_another_way(tx, SYSTEM, intent.id, to))
    except Refused as refused:
        month.said[f"refund: {refused.code}"] += 1


async def _pay_out(month: Month) -> None:
    app, leader = month.app, month.staff[Role.LEADER]
    try:
        payout = await app.db.run(leader, lambda tx: refunds.open_payout(tx, leader, "demo"))
    except Refused:
        return
    lines = await app.db.run(leader, lambda tx: refund_queries.lines_of(tx, payout.id))
    back = {line.id: "account_closed" for line in lines if month.chance.random() < 0.05}
    await app.db.run(leader, lambda tx: refunds.report_paid(tx, leader, payout.id, back))


async def _intents(month: Month, state: IntentState, rail: Rail) -> Sequence[Intent]:
    return await month.app.db.run(SYSTEM, lambda tx: intents_in(tx, [state], rail))


async def auditor(month: Month, after: timedelta) -> Story:
    """Looks at the books while everything is under way."""
    yield after
    month.broken["at the end of the month"] = await month.invariants()


# --- small choices


def _some_units(chance: random.Random, order: StoreOrder, *, sent: bool = True) -> dict[str, int]:
    """One or two lines with some of their units, delivered or (not sent) still there."""
    there = {line.ref: line.delivered if sent else line.quantity - line.shipped for line in order.lines}
    lines = [ref for ref, units in there.items() if units] or [order.lines[0].ref]
    chosen = chance.sample(lines, min(len(lines), chance.choice((1, 1, 2))))
    return {ref: chance.randint(1, max(there[ref], 1)) for ref in chosen}


async def _way_back(month: Month, place: Place) -> str | None:
    """Where money goes that cannot go back as it came."""
    order = await month.order(place)
    by_hand = any(tender.kind in {"konbini", "cod", "bank"} for tender in order.tenders)
    return month.chance.choice(BALANCE_OR_BANK) if by_hand else None


async def _units(month: Month, return_id: UUID) -> Sequence[Unit]:
    return await month.app.db.run(SYSTEM, lambda tx: returns.units_of(tx, return_id))

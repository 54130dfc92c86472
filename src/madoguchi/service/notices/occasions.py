"""What each event becomes: its facts are loaded, its letter is written; None where there is nothing to tell."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.actions.rules import Slip
from madoguchi.core.cases.events import CaseClosed
from madoguchi.core.cases.queries import access_case, entries
from madoguchi.core.ledger.advances.events import AdvanceCharged, AdvanceDue
from madoguchi.core.ledger.advances.queries import access_advance
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.core.ledger.intents.events import RefundFailed, RefundNeedsAccount, RefundSucceeded
from madoguchi.core.ledger.intents.queries import access_intent
from madoguchi.core.ledger.intents.rules import Intent, Rail
from madoguchi.core.people.events import CodeRequested, CustomerNews
from madoguchi.core.people.queries import Customer, Store, access_customer, store
from madoguchi.core.people.rules import CODE_LIFE
from madoguchi.core.people.sellers.events import SellerNews
from madoguchi.core.people.sellers.queries import SellerPerson, people_of, seller
from madoguchi.core.requests.events import ApprovalAsked, RequestSettled
from madoguchi.core.requests.queries import Request, access_quote, access_request
from madoguchi.kit.db import Tx
from madoguchi.kit.events import Happened
from madoguchi.kit.i18n import Reader
from madoguchi.kit.mail import Link
from madoguchi.service.notices import letters, rules
from madoguchi.service.notices.letters import Letter, Links


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A letter, to whom (a customer, or somebody who answers for a seller) and about what.

    Nobody needs its mail after `expires_at`.
    """

    template: str
    customer: Customer | SellerPerson
    store: Store
    reader: Reader
    letter: Letter
    case_id: UUID | None = None
    order_id: UUID | None = None
    slip: Slip | None = None
    expires_at: datetime | None = None


Occasion = Callable[[Tx, Happened, Links], Awaitable[Notice | None]]
ForSeveral = Callable[[Tx, Happened, Links], Awaitable[Sequence[Notice]]]


async def code_requested(tx: Tx, happened: Happened, _: Links) -> Notice | None:
    """The one-time code, in the language of the page where it was asked for."""
    fact = happened.as_(CodeRequested)
    customer, shop, reader = await _addressed(tx, fact.customer_id, fact.locale)
    return Notice(
        template=rules.CODE,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.code(reader, fact.code, happened.at),
        expires_at=happened.at + CODE_LIFE,
    )


async def customer_news(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """What a room tells by itself, in the language on file."""
    fact = happened.as_(CustomerNews)
    customer, shop, reader = await _addressed(tx, fact.customer_id)
    ways = {name: f"{links.base_url}{path}" for name, path in fact.paths.items()}
    return Notice(
        template=fact.template,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.news(reader, fact.template, fact.parameters, ways),
        order_id=fact.order_id,
    )


async def seller_news(tx: Tx, happened: Happened, links: Links) -> Sequence[Notice]:
    """What a room tells a seller by itself: to each of the seller's people, in their language."""
    fact = happened.as_(SellerNews)
    shop = await store(tx, (await seller(tx, fact.seller_id)).store_id)
    ways = {name: f"{links.base_url}{path}" for name, path in fact.paths.items()}
    notices = []
    for person in await people_of(tx, fact.seller_id):
        reader = Reader(person.locale, shop.time_zone)
        letter = letters.news(reader, fact.template, fact.parameters, ways)
        notices.append(Notice(template=fact.template, customer=person, store=shop, reader=reader, letter=letter))
    return notices


async def request_settled(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """How a confirmed change ended, in the language it was talked about in."""
    fact = happened.as_(RequestSettled)
    request = await access_request(tx, SYSTEM, fact.request_id)
    if request.outcome is None or fact.audience is not Audience.CUSTOMER:
        return None
    goes_on = request.outcome.slip is not None and request.outcome.slip.then is not None
    template = rules.template(request.action, request.outcome.state, goes_on=goes_on)
    customer, shop, reader = await _wisher(tx, request)
    return Notice(
        template=template,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.settled(
            reader,
            template,
            request.action,
            request.order_ref if request.order_ref and request.order_id else "",
            request.outcome,
            links,
            request.order_id,
        ),
        case_id=request.case_id,
        order_id=request.order_id,
        slip=request.outcome.slip,
    )


async def approval_asked(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """What a customer wished for waits for somebody's word; nothing once that was said."""
    fact = happened.as_(ApprovalAsked)
    request = await access_request(tx, SYSTEM, fact.request_id)
    if request.decided_at or request.settled_at or fact.audience is not Audience.CUSTOMER:
        return None
    quote = await access_quote(tx, SYSTEM, request.quote_id)
    customer, shop, reader = await _wisher(tx, request)
    order_link = links.order(request.order_id) if request.order_id else None
    return Notice(
        template=rules.WAITS,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.waits(reader, request.action, quote.draft.slip, order_link),
        case_id=request.case_id,
        order_id=request.order_id,
    )


async def _wisher(tx: Tx, request: Request) -> tuple[Customer, Store, Reader]:
    """Whose wish it is, in the language in which it was talked about."""
    case = await access_case(tx, SYSTEM, request.case_id) if request.case_id else None
    return await _addressed(tx, request.customer_id, case.locale if case else None)


async def _addressed(tx: Tx, customer_id: UUID, locale: str | None = None) -> tuple[Customer, Store, Reader]:
    """A customer, their shop, and in which language they read: the one on file, unless another is known."""
    customer = await access_customer(tx, SYSTEM, customer_id)
    shop = await store(tx, customer.store_id)
    return customer, shop, Reader(locale or customer.locale, shop.time_zone)


async def refund_paid(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """Money that went another way than it came; what goes back by itself was told when it was promised."""
    fact = happened.as_(RefundSucceeded)
    intent = await access_intent(tx, SYSTEM, fact.intent_id)
    told = intent.rail is not Rail.BANK and intent.replaces is None
    return None if told else await _refund(tx, rules.REFUND_PAID, intent, links)


async def refund_failed(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """Money that could not go where it should, and waits for the customer to choose."""
    fact = happened.as_(RefundFailed)
    intent = await access_intent(tx, SYSTEM, fact.intent_id)
    return await _refund(tx, rules.REFUND_FAILED, intent, links) if intent.detours else None


async def refund_needs_account(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """Money that waits for a bank account."""
    fact = happened.as_(RefundNeedsAccount)
    return await _refund(tx, rules.REFUND_NEEDS_ACCOUNT, await access_intent(tx, SYSTEM, fact.intent_id), links)


async def _refund(tx: Tx, template: str, intent: Intent, links: Links) -> Notice:
    customer, shop, reader = await _addressed(tx, intent.customer_id)
    link = Link(reader.t("notices.refund.link"), links.refund(intent.id))
    return Notice(
        template=template,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.refund(reader, template, intent.number, intent.order_ref, intent.amount, link),
        order_id=intent.order_id,
    )


async def advance_due(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """Money that was paid back too early, and what can be done; nothing once that is settled."""
    fact = happened.as_(AdvanceDue)
    advance = await access_advance(tx, SYSTEM, fact.advance_id)
    if advance.state is not AdvanceState.RECHARGE_DUE:
        return None
    not_returned = rules.GOODS_NOT_RETURNED if advance.goods else rules.MONEY_NOT_RETURNED
    return await _advance(tx, not_returned if advance.of_return else rules.ADVANCE_DUE, advance, links)


async def advance_charged(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """Money that was taken again, as was agreed."""
    fact = happened.as_(AdvanceCharged)
    return await _advance(tx, rules.ADVANCE_CHARGED, await access_advance(tx, SYSTEM, fact.advance_id), links)


async def _advance(tx: Tx, template: str, advance: Advance, links: Links) -> Notice:
    customer, shop, reader = await _addressed(tx, advance.customer_id)
    link = Link(reader.t("notices.order.link"), links.order(advance.order_id))
    return Notice(
        template=template,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.refund(reader, template, advance.number, advance.order_ref, advance.owed, link),
        order_id=advance.order_id,
    )


async def case_closed(tx: Tx, happened: Happened, links: Links) -> Notice | None:
    """What was said until the case was closed; nothing for one who never wrote, or who wrote to a seller."""
    fact = happened.as_(CaseClosed)
    case = await access_case(tx, SYSTEM, fact.case_id)
    if not case.customer_seq or case.seller_id:
        return None
    customer, shop, reader = await _addressed(tx, case.customer_id, case.locale)
    last = await entries(tx, case.id, Audience.CUSTOMER, before=case.last_seq + 1, limit=rules.SPEECHES + 1)
    said = [entry for entry in last if entry.at <= happened.at]
    return Notice(
        template=rules.TRANSCRIPT,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.transcript(reader, case.number, said, links.rating(case.id), silent=fact.silent),
        case_id=case.id,
        order_id=case.order_id,
    )

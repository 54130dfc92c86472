"""What each event becomes: its facts are loaded, its letter is written; None where there is nothing to tell."""

from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.actions.rules import Slip
from madoguchi.core.cases.events import CaseClosed
from madoguchi.core.cases.queries import access_case, entries
from madoguchi.core.people.events import CodeRequested
from madoguchi.core.people.queries import Customer, Store, access_customer, store
from madoguchi.core.people.rules import CODE_LIFE
from madoguchi.core.requests.events import RequestSettled
from madoguchi.core.requests.queries import access_request
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.notices import letters, rules
from madoguchi.service.notices.letters import Letter, Links


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A letter, to whom and about what. Nobody needs its mail after `expires_at`."""

    template: str
    customer: Customer
    store: Store
    reader: Reader
    letter: Letter
    case_id: UUID | None = None
    order_id: UUID | None = None
    slip: Slip | None = None
    expires_at: datetime | None = None


async def code_requested(tx: Tx, fact: CodeRequested, at: datetime) -> Notice:
    """The one-time code, in the language of the page where it was asked for."""
    customer = await access_customer(tx, SYSTEM, fact.customer_id)
    shop = await store(tx, customer.store_id)
    reader = Reader(fact.locale, shop.time_zone)
    return Notice(
        template=rules.CODE,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.code(reader, fact.code, at),
        expires_at=at + CODE_LIFE,
    )


async def request_settled(tx: Tx, fact: RequestSettled, links: Links) -> Notice | None:
    """How a confirmed change ended, in the language it was talked about in."""
    request = await access_request(tx, SYSTEM, fact.request_id)
    if request.outcome is None:
        return None
    template = rules.template(request.action, request.outcome.state)
    customer = await access_customer(tx, SYSTEM, request.customer_id)
    shop = await store(tx, request.store_id)
    case = await access_case(tx, SYSTEM, request.case_id) if request.case_id else None
    reader = Reader(case.locale if case else customer.locale, shop.time_zone)
    order_link = links.order(request.order_id) if request.order_id else None
    return Notice(
        template=template,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.settled(reader, template, request.action, request.order_ref or "", request.outcome, order_link),
        case_id=request.case_id,
        order_id=request.order_id,
        slip=request.outcome.slip,
    )


async def case_closed(tx: Tx, fact: CaseClosed, at: datetime, links: Links) -> Notice | None:
    """What was said until the case was closed; nothing for one who never wrote."""
    case = await access_case(tx, SYSTEM, fact.case_id)
    if not case.customer_seq:
        return None
    customer = await access_customer(tx, SYSTEM, case.customer_id)
    shop = await store(tx, case.store_id)
    reader = Reader(case.locale, shop.time_zone)
    last = await entries(tx, case.id, Audience.CUSTOMER, before=case.last_seq + 1, limit=rules.SPEECHES + 1)
    said = [entry for entry in last if entry.at <= at]
    return Notice(
        template=rules.TRANSCRIPT,
        customer=customer,
        store=shop,
        reader=reader,
        letter=letters.transcript(reader, case.number, said, links.rating(case.id), silent=fact.silent),
        case_id=case.id,
        order_id=case.order_id,
    )

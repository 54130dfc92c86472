"""Chats begin, are looked at, go on and end. What is said in them is in entries.py."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.access.rules import Actor, Audience, Level
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.cases import queries, verbs
from madoguchi.core.cases.queries import Case, Entry
from madoguchi.core.cases.reasons import finder_reasons
from madoguchi.core.cases.rules import Channel, State
from madoguchi.core.cases.talking import verbs as talking
from madoguchi.core.people.sellers.queries import seller
from madoguchi.core.people.staff.queries import staff
from madoguchi.core.shop.queries import access_order
from madoguchi.front.counter import finder, views
from madoguchi.front.counter.page import answered, both, own, page, place_of, see_other
from madoguchi.front.ui.access import CUSTOMERS, get, post
from madoguchi.front.ui.cards import TicketView, ticket_view
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import open_slowly, slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.timeline import entry_views
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import queries as routing
from madoguchi.service.sellers.rating import offer_answer
from madoguchi.service.surveys.queries import Survey, survey_of

SHOWN = 100  # entries on a page
HUMAN = "service.human"


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a chat begins with: an order, a reason, first words; `fresh` although another chat is open."""

    client_id: str
    order: UUID | None = None
    reason: str = ""
    text: str = ""
    fresh: bool = False


class Top(msgspec.Struct, frozen=True):
    """What stands above a conversation: who has it, the place in line, whether we should ask who the customer is.

    `stands` is until when a seller is to answer; `rating_url` where the answer is rated.
    """

    case: Case
    title: str
    subtitle: str
    ticket: TicketView | None = None
    unknown: bool = False
    stands: str = ""
    rating_url: str = ""


class Room(msgspec.Struct, frozen=True):
    """A conversation as it stands."""

    top: Top
    entries: Sequence[Entry]
    survey: Survey | None


@get(both("/chat"), access=CUSTOMERS)
async def begin(
    request: Asked, services: Services, visitor: Visitor, order: UUID | None = None, reason: str = ""
) -> Response[str]:
    """Begin a chat, or go on with the one that is open."""
    customer, reader = visitor.actor.id, visitor.reader
    return page(
        request,
        services,
        visitor,
        "chat_begin.html",
        earlier=await services.db.run(visitor.actor, lambda tx: views.earlier_chat(tx, customer, reader)),
        order=order or "",
        reason=reason,
        choices=finder.likeliest(reader),
        client_id=ids.uuid7(),
    )


@post(both("/chat"), access=CUSTOMERS)
async def start(request: Asked, services: Services, visitor: Visitor) -> Redirect:
    """Open a chat, once per client id; who has one open is asked first whether to go on with it."""
    wish = await form(request, Start)
    open_slowly(services.limits, visitor)
    actor = await visitor.known(services.db)
    case_id, opened = await services.db.run(actor, lambda tx: _open(tx, actor, wish))
    place = place_of(request)
    if case_id is None:
        about = {name: value for name, value in (("order", wish.order), ("reason", wish.reason)) if value}
        return see_other(place.url(f"/chat?{urlencode(about)}"))
    if opened:
        await answered(services.bot_due(case_id))
    return see_other(place.url(f"/chat/{case_id}"))


@get(both("/chat/{case_id:uuid}"), access=CUSTOMERS)
async def room(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, before: int | None = None, masked: bool = False
) -> Response[str]:
    """The conversation."""
    return await room_page(request, services, visitor, case_id, before=before, masked=masked)


@get(both("/chat/{case_id:uuid}/top"), access=CUSTOMERS)
async def top(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[str]:
    """What stands above the conversation, read again."""
    found = await services.db.run(visitor.actor, lambda tx: _top(tx, visitor, case_id))
    return page(request, services, visitor, "chat_top.html", top=found)


@post(both("/chat/{case_id:uuid}/resume"), access=CUSTOMERS)
async def resume(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Redirect:
    """Go on with a chat that ended."""
    slow_down(services.limits.write, visitor.counted_as)
    await services.db.run(visitor.actor, lambda tx: verbs.resume(tx, visitor.actor, case_id))
    await answered(services.bot_due(case_id))
    return see_other(place_of(request).url(f"/chat/{case_id}"))


@post(both("/chat/{case_id:uuid}/leave-line"), access=CUSTOMERS)
async def leave_line(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Redirect:
    """Rather go on with the bot than wait."""
    slow_down(services.limits.write, visitor.counted_as)
    arguments = {"case_id": case_id}
    await services.db.run(
        visitor.actor,
        lambda tx: actions.run(tx, services.catalogue, visitor.actor, "service.stay_with_bot", arguments),
    )
    return see_other(place_of(request).url(f"/chat/{case_id}"))


@post(both("/chat/{case_id:uuid}/end"), access=CUSTOMERS)
async def end(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Redirect:
    """The customer is done."""
    slow_down(services.limits.write, visitor.counted_as)
    await services.db.run(visitor.actor, lambda tx: verbs.end(tx, visitor.actor, case_id))
    return see_other(place_of(request).url(f"/chat/{case_id}"))


async def room_page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    case_id: UUID,
    *,
    before: int | None = None,
    masked: bool = False,
    draft: str = "",
    refused: Refused | None = None,
) -> Response[str]:
    """The conversation's page, also with what was just refused."""

    async def work(tx: Tx) -> Room:
        top_ = await _top(tx, visitor, case_id)  # first, so that the page never stands behind its cursor
        upto = before or top_.case.last_seq + 1
        said = await queries.entries(tx, case_id, Audience.CUSTOMER, before=upto, limit=SHOWN)
        return Room(top_, said, await survey_of(tx, visitor.actor, case_id))

    found = await own(request, services, visitor, work)
    entries = entry_views(found.entries, visitor.reader)
    base = place_of(request).url(f"/chat/{case_id}")
    return page(
        request,
        services,
        visitor,
        "chat.html",
        refused=refused,
        top=found.top,
        survey=found.survey,
        entries=entries,
        base=base,
        client_id=ids.uuid7(),
        draft=draft,
        masked=masked,
        earlier=f"{base}?before={entries[0].seq}" if len(entries) == SHOWN else "",
        max_bytes=services.settings.upload_limit,
    )


async def _open(tx: Tx, actor: Actor, wish: Start) -> tuple[UUID | None, bool]:
    """The chat's id (None: first ask whether to go on with the open one), and whether it was opened now."""
    assert actor.id
    assert actor.store_id
    if known := await queries.chat_by_client_id(tx, str(actor.session), wish.client_id):
        return known, False
    if not wish.fresh and await queries.latest_open_chat(tx, actor.id):
        return None, False
    if wish.order:
        await access_order(tx, actor, wish.order)
    case_id = await verbs.open_case(
        tx,
        actor,
        store_id=actor.store_id,
        customer_id=actor.id,
        channel=Channel.CHAT,
        client_id=wish.client_id,
        order_id=wish.order,
    )
    await _first_words(tx, actor, case_id, wish)
    return case_id, True


async def _first_words(tx: Tx, actor: Actor, case_id: UUID, wish: Start) -> None:
    """What the customer began with stands in the timeline as theirs."""
    if wish.reason == HUMAN:
        await talking.say(tx, actor, case_id, choice=HUMAN, client_id=wish.client_id)
    elif wish.reason:
        labels = {reason.id: reason.label[actor.locale] for reason in finder_reasons()}
        if wish.reason not in labels:
            raise Refused("unknown_choice")
        await verbs.describe(tx, case_id, reason=wish.reason)
        await talking.say(tx, actor, case_id, text=labels[wish.reason], client_id=wish.client_id)
    elif wish.text.strip():
        await talking.say(tx, actor, case_id, text=wish.text, client_id=wish.client_id)
    else:
        await verbs.call_bot(tx, await queries.access_case(tx, actor, case_id, lock=True))


async def _top(tx: Tx, visitor: Visitor, case_id: UUID) -> Top:
    case = await queries.access_case(tx, visitor.actor, case_id)
    t, unknown = visitor.reader.t, visitor.actor.level < Level.PROVEN
    if case.seller_id:
        name = (await seller(tx, case.seller_id)).name
        stands = await views.happening(tx, case, visitor.reader)
        rated = await offer_answer(tx, visitor.actor, Subject(About.CASE, case.id)) is None
        url = f"/chat/{case.id}/rating" if rated else ""
        return Top(case, t("counter.chat.seller", name=name), "", stands=stands, rating_url=url)
    match case.state:
        case State.CLOSED:
            return Top(case, t("counter.chat.closed"), t("counter.chat.closed.note"))
        case State.QUEUED:
            ticket = ticket_view(await routing.place_and_wait(tx, case_id), visitor.reader, case.number)
            return Top(case, t("counter.chat.queued"), t("counter.chat.queued.note"), ticket)
        case _ if case.assigned_to:
            name = (await staff(tx, case.assigned_to)).name
            return Top(case, t("counter.chat.associate", name=name), t("counter.chat.associate.note"))
    return Top(case, t("ui.author.bot"), t("counter.chat.bot.note"), unknown=unknown)

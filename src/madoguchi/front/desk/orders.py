"""Actions inside a customer's case: on their behalf (what it would do, then the one confirmation), or offered."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Card, DocumentCard, Effect, TextCard
from madoguchi.core.cases.queries import Case, access_case
from madoguchi.core.cases.talking.verbs import Written, show
from madoguchi.core.cases.verbs import describe
from madoguchi.core.gifts.queries import access_gift
from madoguchi.core.requests import verbs
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop.queries import access_order
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.given import Ask
from madoguchi.front.desk.pages import Answer, explain, tell
from madoguchi.front.desk.quotes import access_asked
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import STAFF_ONLY, post
from madoguchi.front.ui.fields import told
from madoguchi.front.ui.forms import form, posted
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import done
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.ui.wishes import settled
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.i18n import Reader
from madoguchi.service.bot.offering import put_button
from madoguchi.service.returns.queries import access_return


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of the slip that was shown."""

    token: str


class Button(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which action on which order, under an id of the sender's making."""

    action: str
    order_id: UUID
    client_id: str


@post("/desk/cases/{case_id:uuid}/buttons", access=STAFF_ONLY)
async def offer(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Put an action into the customer's chat as a button; they press it, or not."""
    actor = visitor.actor
    wanted = await form(request, Button)

    async def work(tx: Tx) -> Written:
        return await put_button(
            tx, services.catalogue, actor, case_id, wanted.action, wanted.order_id, client_id=wanted.client_id
        )

    try:
        slow_down(services.limits.write, visitor.counted_as)
        written = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, pane="customer", order_id=wanted.order_id)
    return done(request, case_url(case_id), seq=written.seq)


@post("/desk/cases/{case_id:uuid}/quotes", access=STAFF_ONLY)
async def ask(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Quote an action on a thing of the case's customer; nothing changes yet. What does no harm is done at once."""
    actor, catalogue = visitor.actor, services.catalogue
    wanted = Ask.of(await posted(request))
    action = actions.find(catalogue, actor, wanted.action)
    subject = actions.subject_of(action, actor, wanted.about)
    if subject is None:
        raise Refused("needs_no_quote", 409)

    async def work(tx: Tx) -> Quote | Card:
        case = await _held_case(tx, actor, case_id)
        await _check_whose(tx, actor, case, subject)
        values = {} if wanted.values is None else await told(tx, actor, action, subject, wanted.values)
        raw = subject.arguments | values
        if action.effect is not Effect.CHANGE:
            card = await actions.run(tx, catalogue, actor, action.name, raw)
            if isinstance(card, DocumentCard):
                await _hand_out(tx, actor, case, card)
            return card
        return await verbs.quote(tx, catalogue, actor, action.name, raw, customer_id=case.customer_id, case_id=case.id)

    try:
        slow_down(services.limits.write, visitor.counted_as)
        await photos.take(services, visitor, wanted.values or {})
        made = await services.db.run(actor, work)
    except Refused as refused:
        shown = {"pane": "customer", "order_id": wanted.order_id, "given": wanted}
        return await explain(request, services, visitor, case_id, refused, **shown)
    if isinstance(made, Quote):
        return done(request, f"{case_url(case_id)}/quotes/{made.id}", quote=made.id)
    if action.effect is Effect.READ and isinstance(made, TextCard):
        answer = Answer(action.name, tuple(line.to(visitor.reader) for line in made.lines))
        return await tell(request, services, visitor, case_id, answer, wanted.order_id)
    on = f"{case_url(case_id)}?order={wanted.order_id}" if wanted.order_id else case_url(case_id)
    return done(request, on, action=action.name)


@post("/desk/cases/{case_id:uuid}/quotes/{quote_id:uuid}/confirmation", access=STAFF_ONLY)
async def confirm(request: Asked, services: Services, visitor: Visitor, case_id: UUID, quote_id: UUID) -> Response[Any]:
    """Do it, once; the timeline tells how it ended."""
    actor = visitor.actor
    given = await form(request, Confirm)

    async def work(tx: Tx) -> Request:
        asked = await access_asked(tx, actor, await _held_case(tx, actor, case_id), quote_id)
        made = await verbs.confirm(tx, services.catalogue, services.signer, actor, asked.quote.id, given.token)
        await describe(tx, case_id, reason=services.catalogue.actions[made.action].reason, order_id=made.order_id)
        return made

    try:
        slow_down(services.limits.write, visitor.counted_as)
        made = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, pane="customer", quote_id=quote_id)
    wish = await settled(services, actor, made)
    on = f"{case_url(case_id)}?order={wish.order_id}" if wish.order_id else case_url(case_id)
    return done(request, on, wish=wish.id, state=wish.state)


async def _held_case(tx: Tx, actor: Actor, case_id: UUID) -> Case:
    """The case, which must be in the actor's hands; leaders may act in any."""
    case = await access_case(tx, actor, case_id)
    if case.assigned_to != actor.id and actor.role not in {Role.LEADER, Role.ADMIN}:
        raise Refused("not_assigned", 409)
    return case


async def _hand_out(tx: Tx, actor: Actor, case: Case, card: DocumentCard) -> None:
    """A document goes into the conversation, in the customer's language."""
    reader = Reader(case.locale)
    words = reader.t("receipts.done", title=card.title.to(reader))
    await show(tx, actor, case.id, words, card, client_id=f"document:{card.id}")


async def _check_whose(tx: Tx, actor: Actor, case: Case, subject: Subject) -> None:
    """Staff may see everybody's things, but act here for the case's own customer."""
    if subject.about in {About.ORDER, About.PARCEL}:
        owner = (await access_order(tx, actor, subject.id)).customer_id
    elif subject.about is About.CASE:
        owner = (await access_case(tx, actor, subject.id)).customer_id
    elif subject.about is About.RETURN:
        owner = (await access_return(tx, actor, subject.id)).customer_id
    elif subject.about is About.GIFT:
        owner = (await access_gift(tx, actor, subject.id)).customer_id
    else:
        owner = subject.id
    if owner != case.customer_id:
        raise invisible()

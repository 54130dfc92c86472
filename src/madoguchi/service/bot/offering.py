"""What an associate offers a customer as a button in the chat; pressed, the bot does it as if it had offered it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Effect
from madoguchi.core.actions.verbs import Offer, find
from madoguchi.core.cases.queries import access_case
from madoguchi.core.cases.talking.verbs import Written, say
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.i18n import Reader
from madoguchi.service.bot.rules import doing
from madoguchi.service.bot.voice import Option, content


def buttons(catalogue: Catalogue, found: Sequence[Offer]) -> list[str]:
    """Actions that can be offered as a button now: what an order allows (`found`), and look-ups that always answer."""
    possible = {offer.action for offer in found if offer.refusal is None}
    return [
        action.name
        for action in catalogue.actions.values()
        if _has_button(action) and (action.name in possible or action.offer is None)
    ]


async def put_button(
    tx: Tx, catalogue: Catalogue, actor: Actor, case_id: UUID, action: str, order_id: UUID, *, client_id: str
) -> Written:
    """Words of the associate's, in the customer's language, with the button below; once per client id.

    Refused as the action itself would be on this order, and as words of somebody who does not have the case.
    """
    entry = find(catalogue, actor, action)
    case = await access_case(tx, actor, case_id)
    order = await access_order(tx, actor, order_id)
    if order.customer_id != case.customer_id:
        raise invisible()
    if not _has_button(entry):
        raise Refused("unknown_action", 404)
    subject = Subject(About.ORDER, order_id)
    refusal = await entry.offer(tx, actor, subject) if entry.offer else None
    if refusal:
        raise Refused(refusal.code, 409, alternatives=refusal.alternatives, **refusal.parameters)
    reader = Reader(case.locale)
    button = Option(
        id=doing(action, subject),
        label=reader.t(f"actions.{action}.name"),
        detail=f"{order.store_ref} · {content(order.document.lines)}",
    )
    return await say(
        tx,
        actor,
        case_id,
        text=reader.t("bot.button.words"),
        options=[msgspec.to_builtins(button)],
        client_id=client_id,
    )


def _has_button(action: Action) -> bool:
    """Buttons are for what customers may do with one of their orders; look-ups that ask for something belong to it."""
    asks = action.effect is Effect.READ and action.form
    return action.need.customers and action.about is About.ORDER and not asks

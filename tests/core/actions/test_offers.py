"""What is for staff exists for nobody else, and what has nothing to do with a thing is not offered there."""

from unittest.mock import Mock

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Need, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action, Catalogue
from madoguchi.core.actions.fields import About, Subject, Unrelated, refusal
from madoguchi.core.actions.rules import Effect, Refusal
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

THING = Subject(About.ORDER, ids.uuid7())
TX = Mock(spec=Tx)  # nothing here asks the database
CUSTOMER, BOT, ASSOCIATE = (
    Actor(role=role, id=ids.uuid7(), level=Level.SIGNED_IN) for role in (Role.CUSTOMER, Role.BOT, Role.ASSOCIATE)
)


class Nothing(msgspec.Struct, frozen=True):
    """Nothing is asked."""


def action(name: str, why_not: Refused | None = None, need: Need | None = None) -> Action:
    async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
        return refusal(why_not) if why_not else None

    return Action(
        name=name,
        effect=Effect.CHANGE,
        arguments=Nothing,
        need=need or Need(Level.PROVEN),
        about=About.ORDER,
        offer=offer,
    )


CATALOGUE = Catalogue(
    [
        action("order.cancel"),
        action("order.change_address", Refused("address_delivered", 409, alternatives=("service.human",))),
        action("refund.give_account", Unrelated("refund_needs_no_account")),
        action("order.inspect", need=Need(customers=False)),
        action("order.seize", need=Need(staff=frozenset({Role.LEADER}), customers=False)),
    ]
)


async def offered(actor: Actor) -> dict[str, Refusal | None]:
    return {offer.action: offer.refusal for offer in await actions.offers(TX, CATALOGUE, actor, THING)}


async def test_what_is_too_late_is_told_and_what_is_unrelated_is_not() -> None:
    assert await offered(CUSTOMER) == {
        "order.cancel": None,
        "order.change_address": Refusal("address_delivered", {}, ("service.human",)),
    }


async def test_what_is_for_staff_is_offered_to_those_of_the_staff_who_may() -> None:
    assert (await offered(ASSOCIATE)).keys() == {"order.cancel", "order.change_address", "order.inspect"}


@pytest.mark.parametrize("actor", [CUSTOMER, BOT], ids=["customer", "bot"])
def test_for_others_it_does_not_exist(actor: Actor) -> None:
    """The very answer that a name gets which nobody has given to anything."""
    refusals = []
    for name in ("order.inspect", "order.nothing"):
        with pytest.raises(Refused) as refused:
            actions.find(CATALOGUE, actor, name)
        refusals.append((refused.value.code, refused.value.status, refused.value.parameters))
    assert refusals == [("unknown_action", 404, {})] * 2


def test_among_staff_the_role_counts() -> None:
    assert actions.find(CATALOGUE, ASSOCIATE, "order.inspect").name == "order.inspect"
    assert actions.find(CATALOGUE, SYSTEM, "order.seize").name == "order.seize"
    with pytest.raises(Refused, match="forbidden"):
        actions.find(CATALOGUE, ASSOCIATE, "order.seize")

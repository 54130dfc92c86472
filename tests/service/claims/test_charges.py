"""A charge nobody knows: explained where an order explains it, else looked into by somebody."""

import asyncio
from typing import Any

import pytest

from madoguchi.core.access.rules import Role
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import Quote, RequestState
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.claims.rules import ClaimState
from tests.service.claims.conftest import Street
from tests.service.claims.test_items import leader

CLOTHES = "MD-10233915"


async def ask(street: Street, amount: Any, **more: str) -> Quote:
    actor, _ = await street.actor(CLOTHES)
    raw = {"customer_id": str(actor.id), "amount": amount, **more}
    return await street.db.run(actor, lambda tx: requests.quote(tx, street.catalogue, actor, "charge.unknown", raw))


async def test_an_order_explains_it(street: Street) -> None:
    order = await street.store.get_order(CLOTHES)
    assert order
    with pytest.raises(Refused) as refused:
        await ask(street, str(order.total.amount))
    assert (refused.value.code, refused.value.parameters["order"]) == ("charge_explained", CLOTHES)


async def test_a_subscription_explains_it(street: Street) -> None:
    with pytest.raises(Refused) as refused:
        await ask(street, "３，７８０円")
    assert refused.value.code in {"charge_explained", "charge_explained_subscription"}


async def test_what_nothing_explains_is_looked_into(street: Street) -> None:
    quote = await ask(street, "7,777円")
    assert quote.draft.approval
    assert quote.draft.approval.role is Role.LEADER
    request = await street.agree(CLOTHES, quote)
    claim = await street.claim(request)
    assert (request.state, claim.state, claim.order_id, claim.amount) == (
        RequestState.NEEDS_APPROVAL,
        ClaimState.NEEDS_APPROVAL,
        None,
        7777,
    )
    mori = await leader(street)
    await street.db.run(mori, lambda tx: approvals.approve(tx, street.catalogue, mori, request.id))
    await street.work()
    assert (await street.settled(request)).state is RequestState.DONE
    assert (await street.claim(request)).state is ClaimState.DONE


async def test_two_reports_of_one_charge_are_looked_into_once(street: Street) -> None:
    actor, _ = await street.actor(CLOTHES)
    quotes = [await ask(street, "7,777円") for _ in range(2)]
    found = await asyncio.gather(*(street.confirm(actor, quote) for quote in quotes), return_exceptions=True)
    assert sorted(one.code if isinstance(one, Refused) else "" for one in found) == ["", "subject_open"]
    other = await street.confirm(actor, await ask(street, "7,778円"))
    assert other.state is RequestState.NEEDS_APPROVAL


async def test_who_does_not_agree_with_the_explanation_gets_a_person_too(street: Street) -> None:
    order = await street.store.get_order(CLOTHES)
    assert order
    quote = await ask(street, str(order.total.amount), disputed="yes")
    assert quote.draft.approval
    assert quote.draft.slip.total == Money(0, "JPY")


@pytest.mark.parametrize("amount", ["0", "-5", "NaN", "99999999999", {"amount": 100, "currency": "USD"}, ""])
async def test_an_amount_that_cannot_be_is_refused(street: Street, amount: Any) -> None:
    with pytest.raises(Refused) as refused:
        await ask(street, amount)
    assert refused.value.code in {"field_amount", "field_missing"}


async def test_another_customers_charges_are_not_explained(street: Street) -> None:
    actor, _ = await street.actor("MD-10234360")
    owner, _ = await street.actor(CLOTHES)
    raw = {"customer_id": str(owner.id), "amount": "3780"}
    with pytest.raises(Refused) as refused:
        await street.db.run(actor, lambda tx: requests.quote(tx, street.catalogue, actor, "charge.unknown", raw))
    assert refused.value.status == 404

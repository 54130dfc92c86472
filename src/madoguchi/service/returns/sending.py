"""Telling a carrier what it will carry for us."""

from uuid import UUID

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers.consignments.verbs import consign
from madoguchi.core.carriers.port import Consignment
from madoguchi.core.people.queries import store
from madoguchi.core.policy.pack import Method
from madoguchi.core.shop.port import Address
from madoguchi.core.shop.queries import access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return


async def announce(tx: Tx, return_id: UUID) -> None:
    """Have the parcel of a return announced, unless it comes as the customer likes, or not at all."""
    of = await queries.access_return(tx, SYSTEM, return_id)
    if of.method in {None, Method.OWN}:
        return
    sender = await _sender(tx, of)
    if sender is None:
        return
    consignment = Consignment(
        reference=of.number or "",
        sender=sender,
        receiver=(await store(tx, of.store_id)).name,
        prepaid=False,
    )
    await consign(tx, of.id, consignment, customer_id=of.customer_id, order_id=of.order_id)


async def _sender(tx: Tx, of: Return) -> Address | None:
    """From where it is sent: where the order went to, or where whoever got it as a present lives, as far as we know."""
    if of.gift_id:
        return (await customer_facts(tx, SYSTEM, of.customer_id)).address
    return (await access_order(tx, SYSTEM, of.order_id)).document.address

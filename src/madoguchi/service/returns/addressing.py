"""Where goods go back to that nobody knows an address for: whoever got them as a present is asked, and tells."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard
from madoguchi.core.people.queries import store
from madoguchi.core.shop.port import Address
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.sending import lacks_address


class TellAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which return the goods go where."""

    return_id: UUID
    address: Address


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The address."""
    of = await queries.access_return(tx, actor, subject.id)
    country = (await store(tx, of.store_id)).country
    return (Field(name="address", kind=FieldKind.ADDRESS, default={"country": country}, proposed=True),)


async def tell(tx: Tx, actor: Actor, arguments: TellAddress) -> TextCard:
    """Have the goods go there; Refused("return_address_known") where none is asked for."""
    of = await _asked(tx, actor, arguments.return_id, lock=True)
    async with tx.acting(SYSTEM):
        await verbs.goes_back_to(tx, of, arguments.address)
    return TextCard(lines=(Said("returns.address.taken"),))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether goods wait for an address."""
    return await why_not(_asked(tx, actor, subject.id))


async def _asked(tx: Tx, actor: Actor, return_id: UUID, *, lock: bool = False) -> Return:
    of = await queries.access_return(tx, actor, return_id, lock=lock)
    if not lacks_address(of, await queries.units_of(tx, of.id)):
        raise Unrelated("return_address_known", 409)
    return of

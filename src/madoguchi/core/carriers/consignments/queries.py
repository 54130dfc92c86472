"""Reading consignments. `access_consignment` is the only way from an id to a row, for an actor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.carriers.port import Consignment
from madoguchi.kit.db import Tx


class Consigned(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that comes back; `carrier`, `number` and `paperless` once a carrier has taken the announcement.

    It will not be sent since `withdrawn_at`; `withdrawal` is what the carrier said to that, "done" or why not.
    """

    id: UUID
    customer_id: UUID
    order_id: UUID
    document: Consignment
    carrier: str | None
    number: str | None
    paperless: str | None
    refused: str | None
    withdrawn_at: datetime | None
    withdrawal: str | None


_CONSIGNED = """select id, customer_id, order_id, document, carrier, number, paperless, refused, withdrawn_at,
  withdrawal from carrier_consignments"""


async def access_consignment(tx: Tx, actor: Actor, id: UUID) -> Consigned | None:
    """The consignment with this id, for whoever sends it, staff and the system; None when there is none for them."""
    found = await tx.maybe(Consigned, f"{_CONSIGNED} where id = %s", [id])
    return found if found and _may_see(actor, found.customer_id) else None


async def consignments_of(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20) -> Sequence[Consigned]:
    """What a customer sends back, newest first."""
    rows = await tx.all(
        Consigned, f"{_CONSIGNED} where customer_id = %s order by id desc limit %s", [customer_id, limit]
    )
    return rows if _may_see(actor, customer_id) else ()


def _may_see(actor: Actor, customer_id: UUID) -> bool:
    return actor.is_staff or actor.role is Role.SYSTEM or actor.id == customer_id

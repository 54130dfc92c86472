"""Reading consignments. `access_consignment` is the only way from an id to a row, for an actor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.carriers.port import Consignment, Dispatch
from madoguchi.core.shop.port import Address
from madoguchi.kit.db import Tx


class Consigned(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that comes back or goes out; `carrier`, `number` and `paperless` once a carrier has taken it on.

    What comes back is to be handed over until `send_by`. It will not be sent since `withdrawn_at`; `withdrawal` is what
    the carrier said to that, "done" or why not.
    """

    id: UUID
    customer_id: UUID
    order_id: UUID
    document: Consignment | Dispatch
    carrier: str | None
    number: str | None
    paperless: str | None
    refused: str | None
    send_by: datetime | None
    withdrawn_at: datetime | None
    withdrawal: str | None

    @property
    def stays(self) -> bool:
        """Whether it is not sent: nobody was asked, or the carrier has agreed to that."""
        return self.withdrawn_at is not None and (self.number is None or self.withdrawal == DONE)

    @property
    def is_stopped(self) -> bool:
        """Whether the carrier is being asked not to take it, and has not answered."""
        return self.withdrawn_at is not None and self.number is not None and self.withdrawal is None

    @property
    def address(self) -> Address:
        """The customer's."""
        return self.document.sender if isinstance(self.document, Consignment) else self.document.receiver


DONE = "done"
_CONSIGNED = """select id, customer_id, order_id, document, carrier, number, paperless, refused, send_by,
  withdrawn_at, withdrawal from carrier_consignments"""


async def access_consignment(tx: Tx, actor: Actor, id: UUID) -> Consigned | None:
    """The consignment with this id, for whoever sends it, staff and the system; None when there is none for them."""
    found = await tx.maybe(Consigned, f"{_CONSIGNED} where id = %s", [id])
    return found if found and actor.may_see(found.customer_id) else None


async def dispatch_numbered(tx: Tx, carrier: str, number: str) -> UUID | None:
    """What goes out under this number of a carrier's (for the system)."""
    query = "select id from carrier_consignments where (carrier, number) = (%s, %s) and document ->> 'kind' = 'out'"
    found = await tx.value(query, [carrier, number])
    return UUID(str(found)) if found else None


async def to_hand_over(tx: Tx, limit: int = 50) -> Sequence[Consigned]:
    """What goes out to customers and is still with the shop, the longest waiting first (for the system)."""
    return await tx.all(
        Consigned,
        f"""{_CONSIGNED} c where document ->> 'kind' = 'out' and (withdrawn_at is null or withdrawal <> %s)
              and not exists (
                select from carrier_parcels p where (p.carrier, p.number) = (c.carrier, c.number)
                  and p.document -> 'tracked' ->> 'state' not in ('pending', 'info_received'))
            order by id limit %s""",
        [DONE, limit],
    )


async def consignments_of(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20) -> Sequence[Consigned]:
    """What a customer sends back, newest first."""
    rows = await tx.all(
        Consigned,
        f"{_CONSIGNED} where customer_id = %s and document ->> 'kind' = 'back' order by id desc limit %s",
        [customer_id, limit],
    )
    return rows if actor.may_see(customer_id) else ()

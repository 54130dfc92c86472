"""What goes on once a return is agreed to: what is paid first, how the goods are sent and until when. Reads only."""

from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.owing import pay_first, to_pay
from madoguchi.core.actions.rules import Following, Said, Slip, said
from madoguchi.core.people.queries import store
from madoguchi.core.policy.pack import Method
from madoguchi.core.shop.queries import access_order, order_id_of
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return

_NEEDED = {  # besides the return's own page
    Method.LABEL: ("return_slip", "slip"),
    Method.CODE: ("return_code", "code"),
    Method.PICKUP: ("return_pickup", "actions/return.pickup"),
    Method.OWN: ("return_sent", "actions/return.sent"),
}


async def with_steps(tx: Tx, slip: Slip, return_id: UUID) -> Slip:
    """The slip of a return that was agreed to, with what goes on."""
    of = await queries.access_return(tx, SYSTEM, return_id)
    first, then = await paying(tx, of), await _sending(tx, of)
    if first:
        then = Following(steps=(*first.steps, *then.steps), paths={**first.paths, **then.paths})
    return msgspec.structs.replace(slip, then=then)


async def paying(tx: Tx, of: Return) -> Following | None:
    """What other goods cost more is paid before they go out; None where nothing waits for that."""
    out = await order_id_of(tx, of.store_id, of.out_ref) if of.out_ref else None
    if out is None:
        return None
    async with tx.acting(SYSTEM):
        return pay_first(to_pay((await access_order(tx, SYSTEM, out)).document), f"/orders/{out}")


async def _sending(tx: Tx, of: Return) -> Following:
    here = f"/returns/{of.id}"
    if of.method is None:
        return Following(steps=(Said("returns.next.keep"), Said(f"returns.goes_on.{of.wish}")), paths={"return": here})
    until = of.send_until.astimezone(ZoneInfo((await store(tx, of.store_id)).time_zone)).date()
    name, page = _NEEDED[of.method]
    return Following(
        steps=(said(f"returns.goes_on.{of.method}", until=until, number=of.number or ""),),
        paths={"return": here, name: f"{here}/{page}"},
    )

"""What whoever sends something back is written to about it. What is given is told by its settlement."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from madoguchi.core.actions.rules import Said, said
from madoguchi.core.ledger.advances.rules import Advance
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.people.queries import store
from madoguchi.kit import events
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import pack
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Why
from madoguchi.service.returns.units.rules import Unit


async def tell(tx: Tx, of: Return, template: str, **more: Any) -> None:
    """Write to whoever sends it; what is given for it is told when it is settled."""
    shop = await store(tx, of.store_id)
    until = of.send_until.astimezone(ZoneInfo(shop.time_zone)).date()
    paths = {"return": f"/returns/{of.id}"} | _further(of, template)
    facts = pack({"order": of.named, "number": of.number or "", "until": until, **more})
    news = CustomerNews(
        customer_id=of.customer_id, order_id=of.told_order, template=template, parameters=facts, paths=paths
    )
    await events.record(tx, news)


async def tell_rejected(tx: Tx, of: Return, units: Sequence[Unit], owed: Advance | None) -> None:
    """What was given for units before anybody looked at them was not owed, and is to be paid again once that is due.

    Of all else their settlement tells. One letter for each reason, the last with what is owed.
    """
    whys = list(dict.fromkeys(unit.why or Why.DAMAGED for unit in units))
    for why in whys:
        names = dict.fromkeys(unit.name for unit in units if (unit.why or Why.DAMAGED) is why)
        facts: dict[str, Any] = {"goods": ", ".join(names), "why": Said(f"returns.why.{why}")}
        if owed and why is whys[-1]:
            words = f"returns.pay_again.{'goods' if owed.goods else 'money'}"
            await tell(tx, of, "return_rejected_due", **facts, owed=said(words, amount=owed.owed, number=owed.number))
        else:
            await tell(tx, of, "return_rejected", **facts)


def _further(of: Return, template: str) -> dict[str, str]:
    """What else a letter leads to: the customer's calendar, or where what is owed is paid."""
    match template:
        case "return_due":
            return {"calendar": f"/returns/{of.id}/calendar"}
        case "return_rejected_due":
            return {"order": f"/orders/{of.told_order}"}
    return {}

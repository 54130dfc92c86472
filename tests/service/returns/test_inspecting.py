"""What the rules, and the law above them, say to goods that are not as they were sold."""

from typing import Any

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.policy.pack import Fault, shipped
from madoguchi.kit import ids
from madoguchi.service.returns.inspecting import Found, assess
from madoguchi.service.returns.rules import Acceptance, Grade
from madoguchi.service.returns.units.rules import Unit
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import CLOTHES, DRINKS, paid

RULES = shipped("marketplace-jp").returns


@pytest.mark.parametrize(
    ("if_opened", "found", "acceptance", "percent", "least"),
    [
        (50, {}, "accepted", None, 100),
        (50, {"opened": True}, "reduced", 50, 50),
        (50, {"complete": False}, "reduced", 50, 1),
        (50, {"works": False}, "reduced", 50, 1),
        (100, {"opened": True}, "accepted", None, 100),
        (100, {"complete": False}, "manual", None, 1),
        (100, {"grade": Grade.BROKEN}, "manual", None, 1),
        (100, {"grade": Grade.WORN}, "rejected", None, 0),
    ],
)
def test_by_what_is_found(
    if_opened: int, found: dict[str, Any], acceptance: str, percent: int | None, least: int
) -> None:
    """Where opening takes nothing off, no rule says what is left of something torn: a leader does."""
    made = {"id": ids.uuid7(), "return_id": ids.uuid7(), "line_ref": "1", "sku": "x", "name": "x", "promised": 100}
    verdict, lowest = assess(RULES, Fault.CUSTOMER, Unit(**made, if_opened=if_opened), Found(**found))
    assert (verdict.acceptance, verdict.percent, lowest) == (acceptance, percent, least)


async def test_a_torn_shirt_is_not_paid_whole_by_itself(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"1": 1}, reason="size", condition="untagged")
    await yard.arrives(of)
    await yard.looked_at(of, disposition="discard", found={"grade": "broken", "works": False, "complete": False})
    (unit,) = await yard.units(of.id)
    assert (unit.acceptance, unit.why, await paid(yard, CLOTHES)) == (Acceptance.MANUAL, "incomplete", 0)


@pytest.mark.parametrize("told", [{}, {"acceptance": "rejected", "why": "used"}])
async def test_what_the_law_takes_back_the_warehouse_cannot_reject(yard: Yard, told: dict[str, str]) -> None:
    """A consumer in Germany: worn goods may come back, less what they lost in value; the clause is kept with it."""
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened")
    query = "update orders set document = jsonb_set(document, '{address,country}', '\"DE\"') where id = %s"
    await yard.db.run(SYSTEM, lambda tx: tx.execute(query, [of.order_id]))
    await yard.arrives(of)
    await yard.looked_at(of, disposition="resell", found={"grade": "worn"}, **told)
    (unit,) = await yard.units(of.id)
    assert unit.acceptance is (Acceptance.MANUAL if told else Acceptance.REDUCED)
    assert unit.clauses == ("eu.used_goods",)

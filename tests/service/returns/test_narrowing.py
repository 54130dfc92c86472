"""What the form of a return asks after what was told, for every door. A default counts as told."""

from typing import Any

import pytest

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.kit.errors import Refused
from tests.service.returns.conftest import Yard

VACUUM = "MD-10233650"  # one, 32,800 yen, paid at the door
SWEATER = "MD-10233915"


async def asked(yard: Yard, ref: str, action: str = "order.return", **given: Any) -> dict[str, Field]:
    """The fields by their names."""
    actor, order_id = await yard.actor(ref)
    subject = Subject(About.ORDER, order_id)
    of = yard.catalogue.actions[action]
    found = await yard.db.run(actor, lambda tx: actions.fields(tx, actor, of, subject, given))
    return {field.name: field for field in found}


def ways(of: dict[str, Field]) -> list[str]:
    return [option.value for option in of["method"].options] if "method" in of else []


async def test_what_follows_is_asked_once_it_is_known_why(yard: Yard) -> None:
    first = await asked(yard, VACUUM)
    assert {"lines", "reason", "condition"} <= first.keys()
    assert first.keys().isdisjoint({"wish", "method"})
    assert not first["photos"].required


async def test_of_the_one_unit_there_is_nothing_need_be_chosen(yard: Yard) -> None:
    faulty = await asked(yard, VACUUM, reason="defective")
    assert (faulty["photos"].required, faulty["condition"].required) == (True, False)
    assert ways(faulty) == ["label", "code", "pickup"]
    assert faulty["wish"].asked, "a conversation asks though there is a default"
    assert "refund_to" not in await asked(yard, VACUUM, reason="defective", wish="replacement")
    wished = await asked(yard, VACUUM, reason="no_longer_needed")
    assert ways(wished) == ["own", "code", "pickup"]
    assert wished["condition"].required
    assert "wish" not in wished
    actor, order_id = await yard.actor(VACUUM)
    with pytest.raises(Refused) as why:
        await yard.quote(actor, order_id, "order.return", reason="defective")
    assert why.value.parameters["field"] == "photos"


async def test_an_exchange_offers_only_ways_that_cost_nothing(yard: Yard) -> None:
    items = (await asked(yard, SWEATER, "order.exchange"))["items"].options
    swap = {items[0].value: items[0].options[0].value}
    assert ways(await asked(yard, SWEATER, "order.exchange", items=swap, reason="size")) == ["label", "code", "pickup"]
    assert ways(await asked(yard, SWEATER, "order.exchange", items=swap, reason="mistake")) == []

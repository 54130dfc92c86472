"""Lines of an order to pick from, as the templates show them."""

from collections.abc import Mapping, Sequence

import msgspec

from madoguchi.front.ui.cards import item_name
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.orders.rules import Left


class PickView(msgspec.Struct, frozen=True):
    """A line one can pick units of, or why not."""

    ref: str
    name: str
    amount: Money
    free: int
    wanted: int
    why_not: str


def pick_views(lines: Sequence[Left], reader: Reader, wanted: Mapping[str, int] | None = None) -> list[PickView]:
    """Every line with what can go of it now; all of that is picked unless something else is wanted."""
    return [
        PickView(
            ref=left.line.ref,
            name=item_name(left.line.name, left.line.options, reader),
            amount=left.line.total,
            free=left.units,
            wanted=left.units if wanted is None else min(wanted.get(left.line.ref, 0), left.units),
            why_not=reader.t(left.refused.key, **left.refused.parameters) if left.refused else "",
        )
        for left in lines
    ]

"""Other variants of what was ordered, as rooms offer them."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from madoguchi.core.actions.fields import FieldOption
from madoguchi.core.actions.rules import Refusal, Said, SlipLine, said
from madoguchi.core.shop import queries as shop
from madoguchi.core.shop.port import OrderLine, Variant
from madoguchi.core.shop.queries import Order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

Variants = Mapping[str, Sequence[Variant]]  # what each line could become, by its ref


class Swap(msgspec.Struct, frozen=True):
    """Units of a line, and the variant that they become."""

    line: OrderLine
    variant: Variant
    units: int

    @property
    def difference(self) -> Money:
        """How much dearer it becomes, for all the units; below zero when it becomes cheaper."""
        return (self.variant.price - self.line.unit_price) * self.units


async def variants_of(tx: Tx, order: Order, *, same: bool) -> dict[str, tuple[Variant, ...]]:
    """What each line of an order could become; with `same` also what it is."""
    known = await shop.products(tx, order.store_id, {line.product_ref for line in order.document.lines})
    return {
        line.ref: tuple(
            variant
            for variant in (known[line.product_ref].variants if line.product_ref in known else ())
            if variant.sku != line.sku or same
        )
        for line in order.document.lines
    }


def swap(line: OrderLine, variants: Sequence[Variant], sku: str, units: int) -> Swap:
    """Units of a line as another variant; Refused: variant_same, variant_unavailable."""
    for variant in variants:
        if variant.sku == sku:
            made = Swap(line, variant, units)
            check_stock(made)
            return made
    raise Refused("variant_same" if sku == line.sku else "variant_unavailable", 409)


def check_stock(of: Swap) -> None:
    """Refused("variant_unavailable") where not so many of it can be had."""
    if not of.variant.available or (of.variant.stock is not None and of.variant.stock < of.units):
        raise Refused("variant_unavailable", 409)


def swap_option(
    line: OrderLine,
    name: str | Said,
    variants: Sequence[Variant],
    units: int,
    refusal_of: Callable[[Swap], Refusal | None],
) -> FieldOption:
    """A line with the variants that can be chosen for it, each with the difference it makes."""
    swaps = [Swap(line, variant, units) for variant in variants]
    return FieldOption(
        value=line.ref,
        label=name,
        options=tuple(
            FieldOption(
                value=one.variant.sku,
                label=" / ".join(one.variant.options.values()) or one.variant.sku,
                amount=one.difference,
                refusal=refusal_of(one),
            )
            for one in swaps
        ),
    )


def swap_line(of: Swap) -> SlipLine:
    """What becomes what, on a slip."""
    line, new = of.line, " / ".join(of.variant.options.values())
    return SlipLine(
        name=said("orders.items.line", name=line.name, old=" / ".join(line.options.values()), new=new),
        quantity=of.units,
        amount=of.difference,
        line_ref=line.ref,
    )

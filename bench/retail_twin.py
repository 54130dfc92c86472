"""Metamorphic twins of a recorded shop: other ids, prices and product names, acts in another order; the same outcome.

All ids are permuted within their kind, so that none keeps its meaning; all money is multiplied, so that each amount
and balance differs and the outcome is known; names of products change places; variants are listed in another order.
"""

import random
from collections.abc import Iterable, Mapping
from typing import Any

from bench.retail_files import Act, Shop, Task

_MONEY = {"price", "amount", "balance", "exchange_price_difference"}
_FACTORS = (2, 3, 5, 7)
_BY_ID = {"return_items", "exchange_items", "exchange_new_items"}  # lists that the shop keeps in the order of their ids


class Twin:
    """The one transformation, for the shop and its tasks alike."""

    def __init__(self, shop: Shop, seed: int) -> None:
        chance = random.Random(seed)
        self._chance = chance
        self._factor = chance.choice(_FACTORS)
        methods = [one for user in shop["users"].values() for one in user["payment_methods"].values()]
        variants = [sku for product in shop["products"].values() for sku in product["variants"]]
        self._ids: dict[str, str] = {}
        for kind in (shop["orders"], shop["products"], shop["users"], variants):
            self._ids |= _permuted(chance, kind)
        for source in {one["source"]: None for one in methods}:
            self._ids |= _permuted(chance, [one["id"] for one in methods if one["source"] == source])
        self._gift_cards = [one["id"] for one in methods if one["source"] == "gift_card"]
        names = sorted({product["name"] for product in shop["products"].values()})
        self._names = dict(zip(names, chance.sample(names, len(names)), strict=True))

    def shop(self, shop: Shop) -> Shop:
        """The shop's twin, everything listed in another order."""
        twin = {kind: self._of(records) for kind, records in shop.items()}
        for product in twin["products"].values():
            product["variants"] = self._shuffled(product["variants"])
        return {kind: self._shuffled(records) for kind, records in twin.items()}

    def task(self, task: Task) -> Task:
        """The task's twin; acts that have nothing to do with each other change places."""
        acts = [Act(act.name, self._of(act.kwargs), act.ok, act.error) for act in task.actions]
        if self._independent(task):
            self._chance.shuffle(acts)
        return Task(task.index, self._ids[task.user_id], tuple(acts), self._of(task.delta))

    def _independent(self, task: Task) -> bool:
        """Whether each act is about another order and no gift card, whose balance one act could take from another."""
        orders = [act.kwargs.get("order_id") for act in task.actions]
        said = str((task.actions, task.delta))
        return len(set(orders)) == len(orders) and not any(ref in said for ref in self._gift_cards)

    def _shuffled(self, records: Mapping[str, Any]) -> dict[str, Any]:
        return {key: records[key] for key in self._chance.sample(sorted(records), len(records))}

    def _of(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {self._ids.get(key, key): self._of(part, key) for key, part in value.items()}
        if isinstance(value, list):
            parts = [self._of(part) for part in value]
            return sorted(parts) if name in _BY_ID else parts
        if name in _MONEY:
            return round(round(value * 100) * self._factor / 100, 2)
        if isinstance(value, str):
            return self._names.get(value, value) if name == "name" else self._ids.get(value, value)
        return value


def _permuted(chance: random.Random, ids: Iterable[str]) -> dict[str, str]:
    known = sorted(ids)
    return dict(zip(known, chance.sample(known, len(known)), strict=True))

"""Legal floors: what the law of the consumer's country gives at least, merged into a pack field by field. Pure."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from madoguchi.core.policy.pack import RulePack, Worn

LEGAL = Path(__file__).parent / "legal"


class Only(StrEnum):
    """When a clause holds at all."""

    ALWAYS = "always"
    TERMS_NOT_SHOWN = "terms_not_shown"  # the shop did not tell its return terms before the purchase


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A clause of a law: which field of a pack it bounds, since when, until when, and where that is written."""

    id: str
    law: str
    source: str
    since: date
    until: date | None = None
    field: str
    value: int | bool | Worn | tuple[str, ...]
    only: Only = Only.ALWAYS


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clauses of some countries (ISO 3166-1 alpha-2); `area` is what several are called together."""

    countries: tuple[str, ...]
    clause: tuple[Clause, ...]
    area: str | None = None


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    return tuple(flag for flag in ours if flag in theirs)


def _kinder(ours: Worn, theirs: Worn) -> Worn:
    return max(ours, theirs, key=list(Worn).index)


# field → which of two values is the better one for the consumer
BETTER: Mapping[str, Callable[[Any, Any], Any]] = {
    "returns.days": max,
    "returns.defect_days": max,
    "returns.opened_percent": max,
    "returns.restocking_percent": min,
    "returns.used": _kinder,
    "returns.incomplete": _kinder,
    "returns.untagged": _kinder,
    "returns.never": _shared,
    "faults.customer.outward_shipping": max,
    "refunds.within_days": min,
    "claims.unpromised_days": min,
}


class _Same:
    """A pack as a key: what is in it cannot be hashed, and it never changes."""

    def __init__(self, pack: RulePack) -> None:
        self.pack = pack

    def __hash__(self) -> int:
        return id(self.pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.pack is self.pack


def lawful(pack: RulePack, country: str, on: date, but: str | None = None) -> tuple[RulePack, tuple[Clause, ...]]:
    """The pack with every field that a clause betters, and the clauses that did; `but`: as if this one were not."""
    return _bettered(_Same(pack), country, on, but)


@lru_cache(maxsize=1024)
def _bettered(of: _Same, country: str, on: date, but: str | None) -> tuple[RulePack, tuple[Clause, ...]]:
    pack, won = of.pack, []
    for clause in clauses(country, on):
        if clause.id == but or (clause.only is Only.TERMS_NOT_SHOWN and pack.returns.terms_shown):
            continue
        path = clause.field.split(".")
        ours = _at(pack, path)
        best = BETTER[clause.field](ours, clause.value)
        if best != ours:
            pack = _with(pack, path, best)
            won.append(clause)
    return pack, tuple(won)


def clauses(country: str, on: date) -> tuple[Clause, ...]:
    """The clauses in force in a country on a day."""
    return tuple(
        clause
        for law in laws()
        if country in law.countries
        for clause in law.clause
        if clause.since <= on and (clause.until is None or on <= clause.until)
    )


@cache
def clause_named(id: str) -> Clause:
    """The clause with this id, in force or not; LookupError where none is shipped."""
    found = [clause for law in laws() for clause in law.clause if clause.id == id]
    if not found:
        raise LookupError(f"no clause {id}")
    return found[0]


@cache
def laws() -> tuple[Law, ...]:
    """All laws that are shipped."""
    return tuple(msgspec.convert(tomllib.loads(path.read_text()), Law) for path in sorted(LEGAL.glob("*.toml")))


def _at(part: Any, path: Sequence[str]) -> Any:
    for name in path:
        part = part[name] if isinstance(part, Mapping) else getattr(part, name)
    return part


def _with(part: Any, path: Sequence[str], value: Any) -> Any:
    """The part with another value at the end of the path."""
    name, *rest = path
    if rest:
        value = _with(_at(part, [name]), rest, value)
    return {**part, name: value} if isinstance(part, Mapping) else msgspec.structs.replace(part, **{name: value})

"""Tasks of a recorded shop: reading them, laying them out in waves that do not meet, and what each must leave behind.

A task is a line of JSON: a user, write acts with whether the shop must do them, and `expected_delta`, the orders and
users that differ afterwards. The shop itself is three files (edge/stores/demo/shopfiles).
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

Record = dict[str, Any]
Shop = dict[str, dict[str, Record]]  # orders, products, users by id

KINDS = ("orders", "users")  # what acts may change
CENT = 0.01


class Act(msgspec.Struct, frozen=True):
    """One write: its name, its arguments, whether it must succeed, and the shop's words when it must not."""

    name: str
    kwargs: dict[str, Any]
    ok: bool = True
    error: str | None = None


class Task(msgspec.Struct, frozen=True, rename={"delta": "expected_delta"}):
    """What a user wants done, and what must differ afterwards."""

    index: int
    user_id: str
    actions: tuple[Act, ...]
    delta: dict[str, dict[str, Record]] = {}


def read_tasks(file: Path) -> list[Task]:
    """The tasks of a file of JSON lines, which may be gzipped."""
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
        return [msgspec.json.decode(line, type=Task) for line in lines if line.strip()]


def read_shop(folder: Path) -> Shop:
    """The shop as its files say it."""
    return {name: _read(folder, name) for name in ("orders", "products", "users")}


def write_shop(folder: Path, shop: Shop) -> Path:
    """The shop as files; the folder."""
    for name, records in shop.items():
        (folder / f"{name}.json").write_text(json.dumps(records))
    return folder


def waves(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Tasks in groups in which each user comes once, so that what one changes is nothing to the others."""
    left = list(tasks)
    while left:
        seen: set[str] = set()
        wave: list[Task] = []
        rest: list[Task] = []
        for task in left:
            (rest if task.user_id in seen else wave).append(task)
            seen.add(task.user_id)
        yield wave
        left = rest


def differences(task: Task, before: Shop, after: Shop) -> list[str]:
    """Where the user's own records are not what the task must leave."""
    found: list[str] = []
    for kind in KINDS:
        wanted = task.delta.get(kind, {})
        own = [key for key, record in before[kind].items() if (record.get("user_id") or key) == task.user_id]
        for key in {*own, *wanted}:
            found += compare(after[kind].get(key), wanted.get(key, before[kind].get(key)), f"{kind}/{key}")
    return found


def elsewhere(wave: Sequence[Task], before: Shop, after: Shop) -> list[str]:
    """Records that differ though they belong to nobody of the wave."""
    users = {task.user_id for task in wave}
    found: list[str] = []
    for kind, records in before.items():
        others = {key: record for key, record in records.items() if (record.get("user_id") or key) not in users}
        there = {key: record for key, record in after[kind].items() if (record.get("user_id") or key) not in users}
        if others != there:
            found += compare(there, others, kind)
    return found


def compare(got: Any, wanted: Any, at: str) -> list[str]:
    """The places where two values differ; amounts are equal within a cent."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        keys = [f"{at}/{key}" for key in sorted({*wanted} ^ {*got})]
        return keys + [place for key in wanted if key in got for place in compare(got[key], wanted[key], f"{at}/{key}")]
    if isinstance(wanted, list) and isinstance(got, list) and len(got) == len(wanted):
        return [p for i, (a, b) in enumerate(zip(got, wanted, strict=True)) for p in compare(a, b, f"{at}/{i}")]
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return [] if abs(got - wanted) < CENT else [f"{at}: {got} instead of {wanted}"]
    return [] if got == wanted else [f"{at}: {got!r} instead of {wanted!r}"]


def _read(folder: Path, name: str) -> dict[str, Record]:
    packed = folder / f"{name}.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / f"{name}.json").read_bytes()
    records: dict[str, Record] = json.loads(text)
    return records

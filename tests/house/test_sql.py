"""Where SQL may stand."""

import re
from collections.abc import Iterable

from tests.house.sources import Module, imports, modules, planted, strings

ROOMS = ("core.", "service.", "oversight.", "edge.")
KIT = {"kit.db", "kit.jobs", "kit.live", "kit.migrations", "kit.postgres"}

_SQL = re.compile(
    r"""\s*(select|insert\sinto|update\s\S+(\s\w+)?\sset|delete\sfrom|with\s\w+\s(\(.*\)\s)?as|create|alter|drop
             |grant|copy|lock\stable|listen|notify|set\s(local|role|search_path)|show)\s+\S
       |\s*begin\s*(;|$)|\s*(commit|rollback)\s*$""",
    re.VERBOSE,
)
_SERVERS_CLOCK = re.compile(r"\b(now|clock_timestamp|statement_timestamp)\(\)|\bcurrent_(timestamp|date|time)\b")


def test_stands_in_queries_and_verbs() -> None:
    """Who looks for what touches a table opens the queries.py and verbs.py of one room, and has seen everything."""
    assert [line for line in misplaced(modules()) if not line.startswith(tuple(KIT))] == []


def test_never_asks_the_servers_clock() -> None:
    """Time comes from kit.clock as a parameter, or a test and the demo world could not set it."""
    assert timed(modules()) == []


def test_doors_start_no_jobs() -> None:
    """Work behind a page is put in by a verb, in its transaction; a door that ran it would lose it with the process."""
    assert working_doors(modules()) == []


def test_catches_violations() -> None:
    query = planted("service.orders.rules", "QUERY = 'select 1 from orders'")
    assert misplaced([query]) == ["service.orders.rules:1 select 1 from orders"]
    assert misplaced([planted("front.counter.queries", "Q = f'update orders set a = {1}'")])
    assert misplaced([planted("service.orders.items.queries", "Q = 'select 1'")]) == []
    assert timed([planted("core.cases.verbs", "Q = 'delete from cases where at < now()'")])
    assert working_doors([planted("front.desk.pages", "from madoguchi.core.shop.jobs import follow")])


def misplaced(of: Iterable[Module]) -> list[str]:
    """Statements outside a room's queries.py and verbs.py."""
    return [
        f"{module.name}:{line} {text.strip()[:60]}"
        for module in of
        if not (module.name.startswith(ROOMS) and module.path.name in {"queries.py", "verbs.py"})
        for line, text in strings(module)
        if _SQL.match(text)
    ]


def timed(of: Iterable[Module]) -> list[str]:
    """Statements that take the time from the database server."""
    return [
        f"{module.name}:{line}"
        for module in of
        if module.path.name in {"queries.py", "verbs.py"} or module.name in KIT - {"kit.migrations"}
        for line, text in strings(module)
        if _SERVERS_CLOCK.search(text)
    ]


def working_doors(of: Iterable[Module]) -> list[str]:
    """Doors that import the jobs of a room."""
    return [
        f"{module.name}:{line} {name}"
        for module in of
        if module.name.startswith("front.")
        for line, name in imports(module)
        if re.match(r"madoguchi\.(core|service|oversight|edge)\.(.+\.)?jobs\b", name)
    ]

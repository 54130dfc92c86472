"""Who may ask what time it is."""

import re
from collections.abc import Iterable

from tests.house.sources import Module, calls, modules, planted

# ids.uuid7 needs real milliseconds: its numbers must go on growing while tests and the demo world hold the clock still
MAY_ASK = {"kit.clock", "kit.ids"}
_ASKS = re.compile(
    r"(.*\.)?(datetime|date|dt)\.(now|utcnow|today)$|(.*\.)?time\.(time|time_ns|localtime|gmtime|ctime)$"
)


def test_only_the_clock_knows_the_time() -> None:
    """Deadlines, promises and parcels are tried at any moment by setting kit.clock; one that looks elsewhere is not."""
    assert asking(modules()) == []


def test_catches_violations() -> None:
    assert asking([planted("core.cases.verbs", "import datetime as dt\nat = dt.datetime.now(dt.UTC)")])
    assert asking([planted("front.ui.web", "import time\nat = time.time()")])
    assert asking([planted("kit.money", "from datetime import date\nday = date.today()")])
    assert asking([planted("kit.jobs", "import time\nat = time.monotonic()")]) == []


def asking(of: Iterable[Module]) -> list[str]:
    """Calls that take the time from the machine. A monotonic clock measures only, and is free to all."""
    return [
        f"{module.name}:{call.lineno} {name}"
        for module in of
        if module.name not in MAY_ASK
        for name, call in calls(module.tree)
        if _ASKS.match(name)
    ]

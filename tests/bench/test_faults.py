"""The kills in small: one after a commit and before its answer, one of Postgres."""

import json

import msgspec

from bench import history
from bench.faults import Cast, Kind, plan, run
from bench.history import Entry, Heard, History, Said
from bench.site import site

SEED = 26  # its first two kills are the two below


async def test_nothing_told_is_lost_by_a_kill() -> None:
    assert [kill.kind for kill in plan(2, SEED)] == [Kind.AFTER_COMMIT, Kind.POSTGRES]
    with site() as here:
        found, summary = await run(here, 2, SEED, Cast(taken=2, with_bot=0, orders_a_kill=0))
    assert summary["sound"], json.dumps(found, default=str)
    assert summary["acknowledged"] > 0


def test_the_same_seed_kills_alike() -> None:
    assert plan(50, 7) == plan(50, 7)
    assert plan(50, 7) != plan(50, 8)
    assert {kill.kind for kill in plan(50, 7)} == set(Kind)


def test_the_checker_finds_what_is_wrong() -> None:
    said = [Said("c", "customer", nth, f"m{nth}", seq) for nth, seq in ((1, 1), (2, 4), (3, 3), (4, 5))]
    chats = {"c": [Entry(1, "m1"), Entry(2, "m1"), Entry(3, "m3"), Entry(4, "m2")]}
    heard = [Heard("c", [1, 2, 3, 4]), Heard("c", [1, 3, 4]), Heard("c", [1, 2, 2, 3, 4, 9])]
    found = msgspec.structs.asdict(history.check(History(said=said, heard=heard), chats))
    assert {kind: len(wrong) for kind, wrong in found.items()} == {
        "lost": 1,  # m4
        "doubled": 1,  # m1
        "out_of_order": 1,  # m3 after m2
        "not_heard": 1,
        "heard_wrongly": 1,
    }

"""Quotes and refunds a second, against raw commits of the same rows: `python -m bench.quotes`.

A quote goes through the public API with a session's bearer token, rules and all, and counts when its answer is there,
after the commit. A refund is owed and then carried out by one worker with the demo store and the fake provider, all
books in one Postgres. The reference is `pgbench` committing copies of the rows that each of them leaves, into tables
without keys, by as many clients: work that needs three commits can at best be done a third as often.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psycopg
import uvloop
from psycopg import sql

from bench import people, reference, wire
from bench.common import conditions, postgres_version, progress, report, spread
from bench.refunds import Bench
from bench.site import PACE, Site, database, site
from madoguchi.kit import migrations

AT_ONCE = (1, 8)
SLOTS = 8  # refunds that a worker carries out at once
QUOTED = ("quotes", "policy_decisions")  # where a quote leaves a row
REFUNDED = ("refund_intents", "ledger_entries")
TARGETS = {"quotes_of_raw": 0.1, "refunds_of_raw": 0.05}


class Asked(msgspec.Struct, frozen=True):
    """A customer's session and an order of theirs that can be cancelled."""

    token: str
    order_id: str


def main() -> None:
    """Measure as asked."""
    asked = _arguments()
    with site("--processes", str(asked.processes), *people.needed(4 * max(AT_ONCE))) as here:
        under = conditions(
            postgres=postgres_version(here.conninfo),
            web_processes=asked.processes,
            seconds=asked.seconds,
            rounds=asked.rounds,
            refunds=asked.refunds,
            seed=asked.seed,
            limits=f"on, at {PACE} times the usual pace",
        )
        those = asyncio.run(askers(here))
        quotes = [_quotes(here, those, asked.seconds) for _ in range(asked.rounds)]
    with database() as conninfo, tempfile.TemporaryDirectory(prefix="mdg-bench-") as folder:
        refunds = uvloop.run(_refunds(conninfo, Path(folder), asked))
    summary = _summary(quotes, refunds)
    report({"conditions": under, "quotes": quotes, "refunds": refunds}, summary)


def _summary(quotes: Sequence[Mapping[str, Any]], refunds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    most = str(max(AT_ONCE))
    found: dict[str, Any] = {
        f"quotes_per_second_{count}": median(one[str(count)]["per_second"] for one in quotes) for count in AT_ONCE
    }
    found |= {
        "quotes_of_raw": median(one[most]["of_raw"] for one in quotes),
        "refunds_per_second": median(one["per_second"] for one in refunds),
        "refunds_of_raw": median(one["of_raw"] for one in refunds),
        "targets": TARGETS,
    }
    return found | {"met": all(found[name] >= target for name, target in TARGETS.items())}


# --- quotes


def _quotes(here: Site, those: Sequence[Asked], seconds: float) -> dict[str, Any]:
    """So many ask at once, each again as soon as the answer is there."""
    found = {}
    for count in AT_ONCE:
        progress(f"{count} at once ask for quotes")
        asyncio.run(ask(here, those[:count], 1.0))
        before = written(here.conninfo)
        took = asyncio.run(ask(here, those[:count], seconds))
        each = (written(here.conninfo) - before) / len(took)
        raw = raw_commits(here.conninfo, here.folder, QUOTED, count, seconds)
        found[str(count)] = figures(len(took) / seconds, each, raw) | {"latency": spread(took)}
    return found


async def askers(here: Site) -> list[Asked]:
    """Customers of the shop, each with an order that can be cancelled."""
    found = []
    for who in await people.customers(here, 4 * max(AT_ONCE)):
        line = await wire.dial(here.web.port)
        answer = await line.ask(wire.request("GET", "/api/v1/orders", here.web.port, wire.bearer(who.token)))
        for order in msgspec.json.decode(answer.body)["items"]:
            if (await _quote(line, here.web.port, one := Asked(who.token, order["id"]))).status == 201:
                found.append(one)
                break
        line.close()
    if not found:
        raise RuntimeError("no customer has an order that can be cancelled")
    return list(islice(cycle(found), max(AT_ONCE)))


async def ask(here: Site, those: Sequence[Asked], seconds: float) -> list[float]:
    """How long each quote took."""
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def one(asked: Asked) -> None:
        line = await wire.dial(here.web.port)
        while (begun := time.perf_counter()) < until:
            answer = await _quote(line, here.web.port, asked)
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
            took.append(time.perf_counter() - begun)
        line.close()

    await asyncio.gather(*(one(asked) for asked in those))
    return took


async def _quote(line: wire.Line, port: int, asked: Asked) -> wire.Answer:
    wish = {"action": "order.cancel", "arguments": {"order_id": asked.order_id}}
    return await line.ask(wire.json_request("/api/v1/quotes", port, wish, wire.bearer(asked.token)))


# --- refunds


async def _refunds(conninfo: str, folder: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """So many are owed, and then carried out by one worker."""
    bench = Bench(conninfo, asked.seed, 0.0)
    await bench.prepare(asked.refunds * asked.rounds)
    found: list[dict[str, Any]] = []
    for _ in range(asked.rounds):
        owed = await bench.owe(asked.refunds)
        progress(f"{owed} refunds are carried out")
        before = written(conninfo)
        per_second = await bench.carried_out(owed)
        each = (written(conninfo) - before) / owed
        raw = await asyncio.to_thread(raw_commits, conninfo, folder, REFUNDED, SLOTS, asked.seconds)
        found.append(figures(per_second, each, raw))
    await bench.close()
    return found


# --- the reference


def figures(per_second: float, commits_each: float, raw: float) -> dict[str, Any]:
    """How often it was done, how many commits each took, how many the database alone does, and the share of those."""
    return {
        "per_second": round(per_second, 1),
        "commits_each": round(commits_each, 2),
        "raw_commits_per_second": round(raw, 1),
        "of_raw": round(per_second * commits_each / raw, 3),
    }


def written(conninfo: str) -> int:
    """How many transactions have written something so far; those that only read get no number."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        row = conn.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        return int(row[0]) if row else 0


def raw_commits(conninfo: str, folder: Path, tables: Sequence[str], clients: int, seconds: float) -> float:
    """Commits a second of a copy of a row of each table, by pgbench, into tables without keys."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        inserts = [_insert_copy(conn, table) for table in tables]
    script = "\n".join(["begin;", *inserts, "commit;", ""])
    return reference.pgbench(conninfo, folder, script, clients, seconds).per_second


def _insert_copy(conn: psycopg.Connection, table: str) -> str:
    """A statement that inserts the newest row of a table into one of the same columns, made for it."""
    plain = sql.Identifier(f"raw_{table}")
    of = sql.Identifier(table)
    conn.execute(sql.SQL("create table if not exists {} (like {})").format(plain, of))
    conn.execute(sql.SQL("grant insert on {} to {}").format(plain, sql.Identifier(migrations.APP_ROLE)))
    columns = [one.name for one in conn.execute(sql.SQL("select * from {} limit 0").format(of)).description or ()]
    literals = sql.SQL(", ").join(sql.SQL("quote_nullable({}::text)").format(sql.Identifier(one)) for one in columns)
    row = conn.execute(sql.SQL("select {} from {} order by id desc limit 1").format(literals, of)).fetchone()
    if row is None:
        raise RuntimeError(f"{table} is empty")
    return f"insert into raw_{table} ({', '.join(columns)}) values ({', '.join(row)});"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="web processes (2)")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements, the median counts (3)")
    parser.add_argument("--refunds", type=int, default=500, help="carried out in each round (500)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Stored chat messages: `python -m bench.send`, against pgbench with the same SQL; with `--soak` a long run at a rate.

Every message goes through the public API with a session's bearer token, limits, validation and masking on, into a chat
that an associate has in hand, and counts when the answer (after the commit) is there.
"""

import argparse
import asyncio
from statistics import median
from typing import Any

from bench import people, reference, senders, soak
from bench.common import conditions, postgres_version, progress, report
from bench.people import Customer
from bench.senders import Plan, Sent, customer_sender
from bench.site import PACE, Site, site

AT_ONCE = (1, 8, 32)
TARGET = 0.25  # of pgbench with the same SQL, at the most senders


def main() -> None:
    """Measure as asked."""
    asked = _arguments()
    chats = soak.DESKS * soak.CHATS_EACH if asked.soak else max(AT_ONCE)
    with site("--processes", str(asked.processes), *people.needed(chats)) as here:
        if asked.soak:
            soak.run(here, asked)
        else:
            _compare(here, asked)


def _compare(here: Site, asked: argparse.Namespace) -> None:
    customers = asyncio.run(people.customers(here, max(AT_ONCE)))
    asyncio.run(people.associates(here, [customer.chat for customer in customers]))
    recorded = asyncio.run(reference.record(here.conninfo, customers))
    rounds = [_round(here, asked, customers, recorded) for _ in range(asked.rounds)]
    found = {
        "conditions": conditions(
            postgres=postgres_version(here.conninfo),
            web_processes=asked.processes,
            seconds=asked.seconds,
            rounds=asked.rounds,
            seed=asked.seed,
            limits=f"on, at {PACE} times the usual pace",
        ),
        "sql": reference.per_client(recorded[0]),
        "rounds": rounds,
    }
    most = str(max(AT_ONCE))
    ratio = median(round_[most]["of_pgbench"] for round_ in rounds)
    summary = {
        f"messages_per_second_{count}": median(round_[str(count)]["messages"]["per_second"] for round_ in rounds)
        for count in AT_ONCE
    } | {
        "p99_ms": median(round_[most]["messages"]["latency"]["p99_ms"] for round_ in rounds),
        "pgbench_same_sql": median(round_[most]["pgbench_same_sql"] for round_ in rounds),
        "of_pgbench": ratio,
        "target": TARGET,
        "met": ratio >= TARGET,
    }
    report(found, summary)


def _round(
    here: Site, asked: argparse.Namespace, customers: list[Customer], recorded: list[list[reference.Statement]]
) -> dict[str, Any]:
    script, insert = reference.script(recorded), reference.insert_script(here.conninfo)
    found = {}
    for count in AT_ONCE:
        progress(f"{count} senders")
        same = reference.pgbench(here.conninfo, here.folder, script, count, asked.seconds)
        row = reference.pgbench(here.conninfo, here.folder, insert, count, asked.seconds / 2)
        before = here.processor()
        sent = senders.run(
            Plan(
                port=here.web.port,
                senders=[customer_sender(customer.token, customer.chat) for customer in customers[:count]],
                seconds=asked.seconds,
                seed=asked.seed,
            )
        )
        found[str(count)] = {
            "messages": messages(sent) | {"processor": per_message(before, here.processor(), sent)},
            "pgbench_same_sql": same.per_second,
            "pgbench_one_insert": row.per_second,
            "of_pgbench": round(sent.per_second / same.per_second, 3),
        }
    return found


def messages(sent: Sent) -> dict[str, Any]:
    """What the senders found, for the report."""
    return {
        "per_second": sent.per_second,
        "latency": sent.latency,
        "refused": sent.refused,
        "load_generator_cores": sent.processor,
    }


def per_message(before: dict[str, float], after: dict[str, float], sent: Sent) -> dict[str, float]:
    """Processor milliseconds a message took, by part (the warming up is in both)."""
    return {f"{part}_ms": round((after[part] - before[part]) * 1000 / sent.all, 3) for part in after}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="web processes (2)")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements, the median counts (3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="post at a rate for so long, beside other work")
    parser.add_argument("--rate", type=float, default=360, help="messages a second of the soak (360)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

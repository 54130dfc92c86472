"""How long a document takes, and how large it is: `python -m bench.documents`.

Receipts with names, goods and numbers of their own are set one after the other in this process, in each language. The
first document of a process, which reads the fonts, is told apart. Memory is the process's own, before the fonts were
read and after everything: what grows with the number of documents would show.
"""

import argparse
import asyncio
import os
import random
import time
from datetime import UTC, datetime
from statistics import median
from typing import Any

import msgspec

from bench.common import conditions, report, spread
from madoguchi.kit import ids
from madoguchi.kit.i18n import LANGUAGES
from madoguchi.kit.money import Money, total
from madoguchi.service.receipts.printing import pdf
from madoguchi.service.receipts.queries import Issued
from madoguchi.service.receipts.rules import Document, Item, Kind, Paid, by_rate

AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
TARGET_MS = 100  # p95 of a document
_CHARACTERS = "株式会社窓口商店青葉緑川製作所東京都中央区김민수이서연山田太郎佐藤美咲王芳陈静ABCdef123"


def main() -> None:
    """Measure as asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.add_argument("--documents", type=int, default=200, help="of each language")
    parser.add_argument("--goods", type=int, default=5, help="rows on each")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asyncio.run(_measure(asked.documents, asked.goods, random.Random(asked.seed), asked.seed))


async def _measure(documents: int, goods: int, chance: random.Random, seed: int) -> None:
    before = _memory_mb()
    first, _ = await _timed(_receipt(chance, goods), "ja")
    languages = {lang: await _language(lang, documents, goods, chance) for lang in LANGUAGES}
    after = _memory_mb()
    summary = {
        "first_ms": round(first * 1000, 1),
        "p50_ms": median(one["latency"]["p50_ms"] for one in languages.values()),
        "p95_ms": max(one["latency"]["p95_ms"] for one in languages.values()),
        "kilobytes": max(one["kilobytes"] for one in languages.values()),
        "memory_mb": {"before": before, "after": after},
        "target_p95_ms": TARGET_MS,
    }
    under = conditions(documents=documents, goods=goods, seed=seed)
    report({"conditions": under, "languages": languages}, summary | {"met": summary["p95_ms"] <= TARGET_MS})


async def _language(lang: str, documents: int, goods: int, chance: random.Random) -> dict[str, Any]:
    made = [await _timed(_receipt(chance, goods), lang) for _ in range(documents)]
    return {
        "latency": spread(seconds for seconds, _ in made),
        "kilobytes": round(median(size for _, size in made) / 1000, 1),
    }


async def _timed(receipt: Issued, lang: str) -> tuple[float, int]:
    """Seconds, and bytes."""
    started = time.perf_counter()
    content = await pdf(receipt, lang)
    return time.perf_counter() - started, len(content)


def _receipt(chance: random.Random, goods: int) -> Issued:
    items = tuple(
        Item(
            _words(chance, 14), chance.randint(1, 9), Money(chance.randint(100, 20_000), "JPY"), chance.choice((8, 10))
        )
        for _ in range(goods)
    )
    whole = total([item.amount for item in items], "JPY")
    said = Document(
        kind=Kind.RECEIPT,
        lang="ja",
        zone="Asia/Tokyo",
        issuer="マドグチ商店",
        address="〒150-0001 東京都渋谷区神宮前一丁目2番3号",
        registration="T3010401000000",
        addressee=_words(chance, 20),
        note="お品代として",
        order_ref=f"MD-{chance.randint(10**7, 10**8 - 1)}",
        ordered_at=AT,
        items=items,
        total=whole,
        standard=10,
        rates=by_rate(items),
        paid=(Paid("Visa ···· 4242", whole),),
        returns=(),
        replaces=None,
    )
    return Issued(ids.uuid7(), ids.number("I"), ids.uuid7(), Kind.RECEIPT, 1, msgspec.to_builtins(said), AT)


def _words(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(_CHARACTERS, k=count))


def _memory_mb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


if __name__ == "__main__":
    main()

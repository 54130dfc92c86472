"""Refunds in small: lost replies and a kill at each point of the work, and all books agree."""

import json

from bench.refunds import PASSAGES, run
from bench.site import database


async def test_every_refund_happens_once() -> None:
    with database() as conninfo:
        found, summary = await run(conninfo, 40, len(PASSAGES), 1, 0.2)
    assert summary["met"], json.dumps(found, default=str)
    assert summary["kills"] == len(PASSAGES)

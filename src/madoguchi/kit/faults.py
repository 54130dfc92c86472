"""Honest misbehaviour of the fakes: what a service far away does at times, on demand and repeatably."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How the way to a service misbehaves; chances are between 0 and 1 and drawn from `seed`, call by call.

    `timed_out`: nothing reached it. `lost`: the effect happened, the reply never came. `twice`: the call reached it
    twice and the second reply is the one that came.
    """

    seed: int = 0
    slow_ms: int = 0
    timed_out: float = 0.0
    lost: float = 0.0
    twice: float = 0.0


class Wire:
    """The way to a service and back; `gone` is what the caller gets when no answer comes."""

    def __init__(self, faults: Faults, gone: type[Exception]) -> None:
        self._faults = faults
        self._gone = gone
        self._random = random.Random(faults.seed)

    async def carry(self, call: Callable[[], Awaitable[T]]) -> T:
        """The reply to the call; the exception `gone` when the faults say so."""
        faults = self._faults
        timed_out, twice, lost = map(self._happens, (faults.timed_out, faults.twice, faults.lost))
        if faults.slow_ms:
            await asyncio.sleep(faults.slow_ms / 1000)
        if timed_out:
            raise self._gone("no answer in time")
        reply = await call()
        if twice:
            reply = await call()
        if lost:
            raise self._gone("the reply was lost")
        return reply

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance


def as_delivered(batch: Sequence[T], dice: random.Random, doubled: float, shuffled: bool) -> list[T]:
    """A batch of messages as a network delivers it: some come twice (a chance), and perhaps in another order."""
    arrived = [one for one in batch for _ in range(2 if dice.random() < doubled else 1)]
    if shuffled:
        dice.shuffle(arrived)
    return arrived

"""A connection to Postgres that keeps listening to its socket while it is in use.

The driver has the event loop watch the socket anew for each statement, at the price of several system calls. Here the
watch stays from one statement to the next, and ends when something comes in that nobody waits for.
"""

import asyncio
from contextlib import suppress
from typing import Any

from psycopg import AsyncConnection, errors, generators
from psycopg.abc import RV, PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.waiting import READY_R, WAIT_R, Wait

_STOPPING = 5.0  # seconds that a statement gets to end when it is called off
_INTERVAL = 0.1  # the driver's


class Connection(AsyncConnection[Any]):
    """psycopg's, with a cheaper way to wait for an answer; whatever is rare is left to the driver."""

    _watched: int | None = None  # the socket that the event loop watches for us
    _answer: asyncio.Future[None] | None = None

    async def command(self, statements: bytes) -> bytes:
        """Run statements without parameters and rows in one round trip; how the last one ended, such as COMMIT.

        For what frames each transaction: a cursor costs several times as much.
        """
        async with self.lock:
            self.pgconn.send_query(statements)
            last = (await self.wait(generators.execute(self.pgconn)))[-1]
        if last.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(last)
        return last.command_status or b""

    async def wait(  # the driver's signature
        self,
        gen: PQGen[RV],
        interval: float = _INTERVAL,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> RV:
        """Carry a conversation with the server to its end (part of psycopg's interface)."""
        try:
            wanted = next(gen)
            while wanted == WAIT_R and timeout is None:
                await self._heard()
                wanted = gen.send(READY_R)
            self._stop_watching()
            return await super().wait(_rest(gen, wanted), interval, timeout)
        except StopIteration as end:
            found: RV = end.value
            return found
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                await self._call_off(gen)
            with suppress(errors.Error, RuntimeError):
                gen.close()  # now: when it is collected it would complain of a server that hung up
            raise

    async def close(self) -> None:
        """Hang up."""
        self._stop_watching()
        await super().close()

    async def _heard(self) -> None:
        """Wait until the server has said something."""
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        if self._watched is None:
            self._watched = self.pgconn.socket
            loop.add_reader(self._watched, self._wake)
        await self._answer

    def _wake(self) -> None:
        if self._answer is None or self._answer.done():
            self._stop_watching()
        else:
            self._answer.set_result(None)

    def _stop_watching(self) -> None:
        if self._watched is not None:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = None

    async def _call_off(self, gen: PQGen[Any]) -> None:
        """Have the server stop the statement that nobody waits for any more."""
        if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
            return
        self._stop_watching()
        await self.cancel_safe(timeout=_STOPPING)
        with suppress(errors.QueryCanceled):
            await super().wait(gen, timeout=_STOPPING)


def _rest(gen: PQGen[RV], wanted: Wait) -> PQGen[RV]:
    """A conversation that has begun, from what it waits for now."""
    try:
        while True:
            wanted = gen.send((yield wanted))
    except StopIteration as end:
        found: RV = end.value
        return found

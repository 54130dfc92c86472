"""Progress of long work, in place on a terminal and in few lines elsewhere."""

import time
from typing import TextIO

_WIDTH = 30


class Progress:
    """Says what is being done and how far it is."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._open = False
        self._said = 0.0

    def say(self, line: str) -> None:
        """A line of its own."""
        self.end()
        print(line, file=self._out, flush=True)

    def step(self, what: str, done: int, total: int) -> None:
        """`done` of `total`; on a terminal as a bar, elsewhere once at the end and every few seconds."""
        finished = done >= total
        moment = time.monotonic()
        if not self._live and not finished and moment - self._said < 5:
            return
        self._said = moment
        if self._live:
            filled = _WIDTH * done // max(total, 1)
            print(f"\r{what:<22} {'█' * filled}{'·' * (_WIDTH - filled)} {done:,}/{total:,}", end="", file=self._out)
            self._out.flush()
            self._open = True
        else:
            print(f"{what}: {done:,}/{total:,}", file=self._out, flush=True)
        if finished:
            self.end()

    def end(self) -> None:
        """Close a bar that is open."""
        if self._open:
            print(file=self._out, flush=True)
        self._open = False

"""Progress of long work, in place on a terminal and in few lines elsewhere."""

from typing import TextIO

_WIDTH = 30


class Progress:
    """Says what is being done and how far it is."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._open = False
        self._said = ("", 0)  # what was told of last off a terminal, and how many tenths of it were done

    def say(self, line: str) -> None:
        """A line of its own."""
        self.end()
        print(line, file=self._out, flush=True)

    def step(self, what: str, done: int, total: int) -> None:
        """`done` of `total`; on a terminal as a bar, elsewhere a line for each tenth at most."""
        if self._live:
            self._draw(what, done, total)
        else:
            self._tell(what, done, total)

    def end(self) -> None:
        """Close a bar that is open."""
        if self._open:
            print(file=self._out, flush=True)
        self._open = False

    def _draw(self, what: str, done: int, total: int) -> None:
        filled = _WIDTH * done // max(total, 1)
        bar = "█" * filled + "·" * (_WIDTH - filled)
        print(f"\r{what:<22} {bar} {done:,}/{total:,}", end="", file=self._out, flush=True)
        self._open = True
        if done >= total:
            self.end()

    def _tell(self, what: str, done: int, total: int) -> None:
        tenths = 10 * done // max(total, 1)
        last = self._said[1] if self._said[0] == what else 0
        self._said = (what, tenths)
        if tenths > last:
            print(f"{what}: {done:,}/{total:,}", file=self._out, flush=True)

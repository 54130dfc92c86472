"""Several processes behind one listening socket, forked from one that only watches over them.

The first owns what there is only once (the database's server, the work). When it is ready, the others are told a word
by it and serve beside it. Whoever dies is started again; when the first cannot start at all, all ends with its code.
"""

import ctypes
import os
import signal
import sys
import time

import msgspec

from madoguchi.kit.postgres_child import PR_SET_PDEATHSIG

SOON = 1.0  # seconds; whoever dies within them is started again only after them
_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}


class Place(msgspec.Struct, frozen=True):
    """Which of the processes this is: the first, or with `told` one that joins it. `pipe` leads to the watcher."""

    told: str | None = None
    pipe: int | None = None

    def ready(self, word: str) -> None:
        """The first can be joined by whoever knows the word."""
        if self.pipe is not None:
            os.write(self.pipe, word.encode())
            os.kill(os.getppid(), signal.SIGUSR1)


def muster(count: int) -> Place:
    """The place of this process among `count`. Call it while there is one thread and nothing is open but the socket.

    With one process this is it. Else it returns in each of the new ones, and the present one stays in here to watch:
    it exits when they have.
    """
    return _Watcher(count).watch() if count > 1 else Place()


class _Watcher:
    def __init__(self, count: int) -> None:
        self._count = count
        self._members: dict[int, tuple[bool, float]] = {}  # by process: whether it is the first, since when it lives
        self._reading, self._writing = os.pipe()
        self._word = ""
        self._stopping = False

    def watch(self) -> Place:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # from now on they are waited for
        while not (place := self._start_missing()):
            match signal.sigwait(_SIGNALS):
                case signal.SIGUSR1:
                    self._word = os.read(self._reading, 4096).decode()
                case signal.SIGCHLD:
                    self._bury()
                case _:
                    self._stop()
            if self._stopping and not self._members:
                sys.exit(0)
        return place

    def _start_missing(self) -> Place | None:
        """The new process's place in a new process; None in the watcher, when all are there that can be."""
        if self._stopping:
            return None
        wanted = self._count if self._word else 1
        while len(self._members) < wanted:
            first = not any(is_first for is_first, _ in self._members.values())
            if place := self._fork(first):
                return place
        return None

    def _fork(self, first: bool) -> Place | None:
        watcher = os.getpid()
        if pid := os.fork():
            self._members[pid] = (first, time.monotonic())
            return None
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != watcher:  # it ended before the signal was asked for
            sys.exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(self._reading)
        if first:
            return Place(pipe=self._writing)
        os.close(self._writing)
        return Place(told=self._word)

    def _bury(self) -> None:
        while self._members:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            first, since = self._members.pop(pid)
            if first and not self._word:
                sys.exit(os.waitstatus_to_exitcode(status) or 1)
            if not self._stopping and time.monotonic() - since < SOON:
                time.sleep(SOON)

    def _stop(self) -> None:
        self._stopping = True
        for pid in self._members:
            os.kill(pid, signal.SIGTERM)

"""Becomes the Postgres server: run as `python postgres_child.py UID GID PARENT PROGRAM ARGUMENTS…`.

A program of its own, because a signal for the parent's death must be asked for after the user has changed, and code
between fork and exec is unsafe where there are threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(uid: int, gid: int, parent: int, command: list[str]) -> None:
    """Drop to the user, end (fast shutdown) when the parent ends, and turn into the command."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:  # the parent ended before the signal was asked for
        raise SystemExit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

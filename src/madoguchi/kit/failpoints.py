"""Points at which the program can be made to die, so that `bench.faults` can try what happens then.

`MADOGUCHI_FAILPOINT=after_commit:37` kills the process with SIGKILL at its 37th passage of that point. Points:
`before_commit`, `after_commit` (the answer is not out yet), `after_store` and `after_provider` (the other side has
acted, nothing is booked yet).
"""

import os
import signal

_POINT, _, _PASSAGE = os.environ.get("MADOGUCHI_FAILPOINT", "").partition(":")
_left = int(_PASSAGE or 0)


def failpoint(point: str) -> None:
    """Die here when it is time to; otherwise nothing."""
    global _left
    if point != _POINT:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

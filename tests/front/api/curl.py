"""As much of curl as the guide's examples use, for machines that have none: `python curl.py [options] url`."""

import sys

import httpx

REFUSED, TIME_OVER = 22, 28  # curl's own exit codes


def main(arguments: list[str]) -> int:
    """Send the one request and write its answer to standard output."""
    headers: dict[str, str] = {}
    body: str | None = None
    fails, url, seconds = False, "", 30.0
    waiting = iter(arguments)
    for argument in waiting:
        match argument:
            case "-H":
                name, _, value = next(waiting).partition(": ")
                headers[name] = value
            case "-d":
                body = next(waiting)
            case "--max-time":
                seconds = float(next(waiting))
            case _ if argument.startswith("-"):
                fails = fails or "f" in argument
            case _:
                url = argument
    try:
        with httpx.stream("POST" if body else "GET", url, content=body, headers=headers, timeout=seconds) as answer:
            if fails and answer.status_code >= 400:
                return REFUSED
            for chunk in answer.iter_bytes():
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
    except httpx.ReadTimeout:
        return TIME_OVER
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""As much of curl as the guide's examples use, for machines that have none: `python curl.py [options] url`."""

import sys

import httpx

REFUSED, TIME_OVER = 22, 28  # curl's own exit codes


def main(arguments: list[str]) -> int:
    """Send the one request and write its answer to standard output."""
    headers: dict[str, str] = {}
    body: str | None = None
    files: dict[str, tuple[str, bytes]] = {}
    fails, url, seconds = False, "", 30.0
    waiting = iter(arguments)
    for argument in waiting:
        match argument:
            case "-H":
                name, _, value = next(waiting).partition(": ")
                headers[name] = value
            case "-d":
                body = next(waiting)
            case "-F":  # a file that comes by standard input
                name, _, told = next(waiting).partition("=@-;filename=")
                files[name] = (told, sys.stdin.buffer.read())
            case "--max-time":
                seconds = float(next(waiting))
            case _ if argument.startswith("-"):
                fails = fails or "f" in argument
            case _:
                url = argument
    try:
        method = "POST" if body or files else "GET"
        sent = {"files": files} if files else {"content": body}
        with httpx.stream(method, url, headers=headers, timeout=seconds, **sent) as answer:  # type: ignore[arg-type]
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

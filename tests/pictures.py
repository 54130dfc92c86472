"""`python -m tests.pictures docs/pictures`: the pictures of the documentation, taken anew.

It runs tests/journeys/pictures.py, which says what is on them.
"""

import argparse
import sys

import pytest


def main(arguments: list[str] | None = None) -> int:
    """Take the pictures; the exit code of the tests."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("folder", metavar="OUT", help="where the pictures go")
    chosen = parser.parse_args(arguments)
    return int(pytest.main(["tests/journeys/pictures.py", "-n", "2", "--screens", chosen.folder]))


if __name__ == "__main__":
    sys.exit(main())

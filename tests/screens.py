"""`python -m tests.screens OUT`: every page in every language and width, checked, as pictures in a folder.

It runs the tests of the pages, which know how: see tests/journeys/test_screens.py.
"""

import argparse
import sys

import pytest


def main(arguments: list[str] | None = None) -> int:
    """Show the pages; the exit code of the tests."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("folder", metavar="OUT", help="where the pictures go")
    chosen = parser.parse_args(arguments)
    return int(pytest.main(["tests/journeys/test_screens.py", "-n", "2", "--screens", chosen.folder]))


if __name__ == "__main__":
    sys.exit(main())

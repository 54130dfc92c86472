"""Progress on a terminal and elsewhere."""

from io import StringIO

from madoguchi.kit.progress import Progress


class Terminal(StringIO):
    """A screen."""

    def isatty(self) -> bool:
        return True


def test_elsewhere_a_tenth_is_worth_one_line_at_most() -> None:
    out = StringIO()
    progress = Progress(out)
    for done in range(1, 251):
        progress.step("Importing", done, 250)
    lines = out.getvalue().splitlines()
    assert lines == [f"Importing: {done}/250" for done in range(25, 251, 25)]


def test_elsewhere_each_piece_of_work_is_told_of() -> None:
    out = StringIO()
    progress = Progress(out)
    for what, done, total in (("One", 1, 3), ("One", 3, 3), ("Two", 1, 1_000), ("Two", 1_000, 1_000), ("One", 2, 2)):
        progress.step(what, done, total)
    assert out.getvalue().splitlines() == ["One: 1/3", "One: 3/3", "Two: 1,000/1,000", "One: 2/2"]


def test_on_a_terminal_a_bar_grows_in_its_line() -> None:
    out = Terminal()
    progress = Progress(out)
    progress.step("Importing", 1, 2)
    progress.step("Importing", 2, 2)
    progress.say("Done.")
    half, whole = out.getvalue().split("\r")[1:]
    assert half.count("█") == 15
    assert whole == f"{'Importing':<22} {'█' * 30} 2/2\nDone.\n"

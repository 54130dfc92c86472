"""The documentation tells of the program that is here."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from madoguchi.app import DOORS
from madoguchi.front import demo
from madoguchi.front.cli.main import _parser
from madoguchi.kit.settings import PREFIX, Settings
from tests.gate import STEPS
from tests.house.sources import PACKAGE, ROOT, Module, calls, modules
from tests.journeys.pictures import MORNING
from tests.journeys.pictures import PICTURES as TAKEN

MAP = ROOT / "docs" / "map.md"
MEASURING = ROOT / "docs" / "guides" / "measuring.md"
PICTURES = ROOT / "docs" / "pictures"
PICTURE_BYTES = 250_000  # at most, so that a page of them opens at once
OPERATOR = ROOT / "docs" / "guides" / "operator.md"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FLOORS = ("front", "edge", "oversight", "service", "core", "kit")

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"\./madoguchi ([a-z][^`#|\n]*)")
_CODE = re.compile(r"`([^`\s]+)`")
_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)


def test_the_map_shows_the_rooms_that_exist() -> None:
    """Whoever is new starts from the map; a room that is missing there is not found, one that is gone misleads."""
    drawn = dict(_ROW.findall(MAP.read_text().partition("## Beside the package")[0]))
    assert drawn == {room: sign.split("\n")[0] for room, sign in rooms()}


def test_every_room_has_a_sign() -> None:
    """A room says at its door what lives there, who calls it and what leaves it, in few lines."""
    assert [room for room, sign in rooms() if not 1 <= len(sign.splitlines()) <= 8] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A guide with a dead link is a guide that nobody followed."""
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_can_be_typed(page: Path) -> None:
    """Every command of the documentation is understood by the command line as it stands there."""
    for line in _COMMAND.findall(page.read_text()):
        assert understood(shlex.split(line)), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_places_exist(page: Path) -> None:
    """Files, folders and addresses that are named are there."""
    assert [place for place in places(page.read_text()) if not exists(place)] == []


def test_the_operator_knows_every_setting() -> None:
    """A setting that is not told is one that is looked for in the code at night; a default told wrong is worse."""
    text = OPERATOR.read_text()
    told = {name: row for names, row in re.findall(r"^\| (`[^|]*) \| (.*) \|$", text, re.MULTILINE) for name in
            re.findall("`([^`]+)`", names)}  # fmt: skip
    names = {"DATABASE_URL" if name == "database_url" else PREFIX + name.upper() for name in Settings.__struct_fields__}
    assert told.keys() ^ names == set()
    for field in msgspec.structs.fields(Settings):
        if field.default not in (None, ()) and field.name != "database_url":
            assert f"`{field.default}`" in told[PREFIX + field.name.upper()], field.name


def test_the_operator_knows_every_exit_code() -> None:
    """Scripts act on exit codes."""
    codes = {
        node.value
        for module in modules()
        for name, call in calls(module.tree)
        if name.endswith(("StartupError", "PostgresError", "ImportRefused"))
        for node in call.args[1:]
        if isinstance(node, ast.Constant)
    }
    assert codes
    assert [code for code in codes if str(code) not in OPERATOR.read_text()] == []


def test_every_option_of_a_measurement_is_told() -> None:
    """A figure is only worth what others can measure again."""
    text = MEASURING.read_text()
    told = dict(re.findall(r"^\| `bench\.(\w+)` \| (.*) \|$", text, re.MULTILINE))
    assert told.keys() == set(re.findall(r"`python -m bench\.(\w+)", text))
    for name, row in told.items():
        taken = options(ast.parse((ROOT / "bench" / f"{name}.py").read_text()))
        assert set(re.findall("--[a-z]+", row)) == taken - {"--seed", "--processes"}, name


def test_pictures_are_shown_told_and_light() -> None:
    """Each picture stands on a page, in words as well for who cannot see it; taken by `python -m tests.pictures`."""
    shown = [
        ((page.parent / file).resolve(), told) for page in PAGES for told, file in _PICTURE.findall(page.read_text())
    ]
    assert {file for file, _ in shown} == set(PICTURES.iterdir())
    assert [file.name for file, told in shown if len(told) < 20] == []
    assert [file.name for file in PICTURES.iterdir() if file.stat().st_size > PICTURE_BYTES] == []


def test_every_picture_can_be_taken_anew() -> None:
    """A picture that no command takes shows the program of another day."""
    assert {file.stem for file in PICTURES.iterdir()} == MORNING.keys() | TAKEN.keys()


def test_catches_violations() -> None:
    assert not understood(["fly"])
    assert not understood(["demo", "--fast"])
    assert understood(["serve", "--port", "8001"])
    assert options(ast.parse("parser.add_argument('--fast')")) == {"--fast"}
    assert not exists("core/nothing")
    assert not exists("/nowhere")
    assert list(places("see `core/cases` and `a word`, `x = 1/2`")) == ["core/cases"]


def options(tree: ast.AST) -> set[str]:
    """The options that a command takes."""
    named = (call.args[0] for name, call in calls(tree) if name.endswith(".add_argument"))
    return {str(name.value) for name in named if isinstance(name, ast.Constant)}


def rooms() -> Iterator[tuple[str, str]]:
    """Rooms and their signs: packages with modules of their own or in them, and the tools of kit."""
    for module in modules():
        floor, _, rest = module.name.partition(".")
        package = module.path.name == "__init__.py"
        if floor in FLOORS and rest and (package or floor == "kit"):
            yield module.name.replace(".", "/"), _sign(module)


def understood(arguments: list[str]) -> bool:
    """Whether the launcher or the command line takes these arguments."""
    command, *rest = arguments
    if command == "test":
        return set(rest) <= {step.name for step in STEPS}
    if command == "lock":
        return not rest
    try:
        _parser().parse_args([*arguments] if rest else [command, "--help"])
    except SystemExit as ended:
        return ended.code == 0
    return True


def places(text: str) -> Iterator[str]:
    """What looks like a path or an address of ours."""
    for word in _CODE.findall(text):
        if "/" in word[:-1] and re.fullmatch(r"[\w./*-]+", word.strip("/")) and "NNNN" not in word:
            yield word


def exists(place: str) -> bool:
    """Whether a path is there from the repository's or the package's root, or an address is served."""
    if place.startswith("/"):
        served = [path for door in (*DOORS, demo) for route in door.ROUTES for path in route.paths]
        return any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), place) or path.endswith(place) for path in served)
    return any(any(root.glob(place.rstrip("/") + ending)) for root in (ROOT, PACKAGE) for ending in ("", ".py"))


def _sign(module: Module) -> str:
    return ast.get_docstring(module.tree) or ""

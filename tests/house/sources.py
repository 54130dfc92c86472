"""The program's own sources as the house tests read them: parsed modules, and all files of the repository."""

import ast
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "madoguchi"


class Module(msgspec.Struct, frozen=True):
    """A Python file: its path, its dotted name without `madoguchi.` in front, its syntax tree."""

    path: Path
    name: str
    tree: ast.Module


@cache
def modules() -> list[Module]:
    """All modules of the program."""
    return [_module(path) for path in sorted(PACKAGE.rglob("*.py"))]


def planted(name: str, source: str) -> Module:
    """A module that exists only in a test of a test."""
    return Module(PACKAGE.joinpath(*name.split(".")).with_suffix(".py"), name, ast.parse(source))


def strings(module: Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string that the program uses: no docstrings, f-strings piece by piece."""
    docs = {id(node) for node in _docstrings(module.tree)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported; `from a import b` gives `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name it calls, such as `datetime.now` or `t`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    """`a.b.c` as written; what is not a name is a `?`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def repository() -> Iterator[Path]:
    """Every file that belongs to the repository, whether it is committed already or not."""
    ignored = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines())]
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if not _matches(here / name, ignored)]
        yield from (ROOT / here / name for name in files if not _matches(here / name, ignored))


def _module(path: Path) -> Module:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(path, name, ast.parse(path.read_text()))


def _matches(path: Path, patterns: list[str]) -> bool:
    return any(fnmatch(str(path), pattern) or fnmatch(path.name, pattern) for pattern in patterns)


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    """Docstrings, and the strings under a name that tell what it is."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            yield from (line.value for line in body if isinstance(line, ast.Expr))

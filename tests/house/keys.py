"""Which texts the program asks for: keys in Python, templates, scripts and schemas, and what parameters go with them.

A key that is put together at run time, such as `f"orders.state.{state}"`, is found as the pattern `orders.state.{}`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, nodes

from tests.house.sources import PACKAGE, ROOT, Module, calls, modules

DOMAINS = sorted(path.stem for path in (PACKAGE / "texts" / "en").glob("*.po"))
_KEY = re.compile(rf"({'|'.join(DOMAINS)})\.[a-z0-9_.{{}}-]+")
_QUOTED = re.compile(r"""["'`]([a-z]+\.[a-z0-9_.-]+)["'`]""")
_SAYS = {"t", "said", "Said"}


class Asked(msgspec.Struct, frozen=True):
    """A key or pattern as it is asked for, with the names of its parameters; None when they are not written there."""

    where: str
    key: str
    parameters: frozenset[str] | None


@cache
def asked() -> list[Asked]:
    """Every key that is certainly asked for."""
    return [*in_python(modules()), *in_templates(templates())]


@cache
def mentioned() -> frozenset[str]:
    """Every key or pattern that stands anywhere, be it kept in a variable, a schema or a script."""
    found = {key for module in modules() for node in ast.walk(module.tree) for key in spellings(node)}
    for path in templates():
        tree = Environment().parse(path.read_text())
        found |= {key for node in tree.find_all((nodes.Const, nodes.Concat)) for key in _template_spellings(node)}
    for path in [*PACKAGE.rglob("schema/*.sql"), *(ROOT / "frontend" / "src").rglob("*.ts")]:
        found |= set(_QUOTED.findall(path.read_text()))
    return frozenset(key for key in found if _KEY.fullmatch(key))


def templates() -> list[Path]:
    """All templates of all doors."""
    return sorted(PACKAGE.rglob("templates/**/*.html"))


def in_python(of: Iterable[Module]) -> Iterator[Asked]:
    """What `t`, `said`, `Said`, `Refused` and `text_key=` ask for."""
    for module in of:
        for name, call in calls(module.tree):
            last = name.rpartition(".")[2]
            where = f"{module.name}:{call.lineno}"
            if last in _SAYS and call.args:
                yield from (Asked(where, key, _given(last, call)) for key in _keys(spellings(call.args[0])))
            elif last in {"Refused", "Unrelated"} and call.args and module.name != "edge.channels.email.smtp":
                given = _given(last, call)
                yield from (Asked(where, f"errors.{code}", given) for code in spellings(call.args[0]))
            for keyword in call.keywords:
                if keyword.arg == "text_key":
                    yield from (Asked(where, key, None) for key in _keys(spellings(keyword.value)))


def in_templates(paths: Iterable[Path]) -> Iterator[Asked]:
    """What `t(…)` asks for in templates."""
    for path in paths:
        for call in Environment().parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and call.args:
                given = None if call.dyn_kwargs else frozenset(keyword.key for keyword in call.kwargs)
                where = f"{path.relative_to(PACKAGE)}:{call.lineno}"
                yield from (Asked(where, key, given) for key in _keys(_template_spellings(call.args[0])))


def spellings(node: ast.AST) -> list[str]:
    """What a string expression can be; `{}` stands for what only the running program knows."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp():
            return [*spellings(node.body), *spellings(node.orelse)]
        case ast.JoinedStr():
            return _joined([spellings(part) for part in node.values])
        case ast.FormattedValue():
            return spellings(node.value)
    return ["{}"]


def _keys(found: list[str]) -> list[str]:
    """Without what is only known when it runs; that comes from somewhere else as a key."""
    return [key for key in found if key != "{}"]


def _template_spellings(node: nodes.Node) -> list[str]:
    match node:
        case nodes.Const(value=str(text)):
            return [text]
        case nodes.CondExpr() if node.expr2:
            return [*_template_spellings(node.expr1), *_template_spellings(node.expr2)]
        case nodes.Concat():
            return _joined([_template_spellings(part) for part in node.nodes])
    return ["{}"]


def _joined(parts: list[list[str]]) -> list[str]:
    made = [""]
    for part in parts:
        made = [before + piece for before in made for piece in part]
    return made


def _given(name: str, call: ast.Call) -> frozenset[str] | None:
    """The parameters written at a call, or None when some are handed through."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if name == "Said":
        packed = call.args[1] if len(call.args) > 1 else ast.Dict([], [])
        if not isinstance(packed, ast.Dict):
            return None
        return frozenset(str(key.value) for key in packed.keys if isinstance(key, ast.Constant))
    return frozenset(keyword.arg for keyword in call.keywords if keyword.arg)

"""Pages: strict Jinja templates, built assets by their hashed names, everything in the reader's language."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup, escape

from madoguchi.front.ui.visitor import Display, Visitor
from madoguchi.kit.errors import StartupError
from madoguchi.kit.i18n import WRITTEN, Reader

_HERE = Path(__file__).parent
DIST = _HERE / "dist"
_ICON = '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'


class Pages:
    """The template environment of all doors."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._assets = _manifest()
        self._env = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in (_HERE / "templates", *folders)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(asset=self.asset, icon=self.icon)
        self._env.filters.update(whole=whole)

    def asset(self, name: str) -> str:
        """The address of a built file."""
        return f"/static/{self._assets[name]}"

    def icon(self, name: str) -> Markup:
        """An icon of the sprite; the word stands beside it."""
        return Markup(_ICON).format(self.asset("icons.svg"), name)  # noqa: S704 - a constant

    def html(self, template: str, visitor: Visitor, csrf: str, path: str, **context: Any) -> str:
        """A whole page for a visitor."""
        shared = _shared(visitor.reader) | {
            "csrf": lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(csrf),
            "csrf_token": csrf,
            "session": visitor.session,
            "display": visitor.display,
            "path": path,
        }
        return self._env.get_template(template).render(shared | context)

    def fragment(self, template: str, macro: str, reader: Reader, *arguments: Any, **named: Any) -> str:
        """One macro's output; holds nothing of any visitor, so it may be sent to many."""
        return str(getattr(self._module(template, reader.lang, str(reader.zone)), macro)(*arguments, **named))

    @cache  # noqa: B019 - one environment lives as long as the program
    def _module(self, template: str, lang: str, zone: str) -> Any:
        reader = Reader(lang, zone)
        shared = _shared(reader) | {"session": None, "display": Display(), "path": "", "csrf": lambda: ""}
        return self._env.get_template(template).make_module(shared)


def whole(text: str) -> Markup:
    """Text in which no line ends within a day, a time, an amount or a number of pieces."""
    return Markup(WRITTEN.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


def _shared(reader: Reader) -> dict[str, Any]:
    fmt = SimpleNamespace(
        money=reader.money,
        number=reader.number,
        size=reader.size,
        date=reader.date,
        time=reader.time,
        datetime=reader.datetime,
    )
    return {"t": reader.t, "lang": reader.lang, "fmt": fmt}


def html_response(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    """A page as a response."""
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=headers or {})


def _manifest() -> dict[str, str]:
    try:
        return dict(json.loads((DIST / "manifest.json").read_text()))
    except FileNotFoundError as error:
        raise StartupError("The pages' styles and scripts are not built: run `./madoguchi` once.", 70) from error

"""API v1 is what its document says, and the document changes only on purpose.

After a change on purpose: `python -m tests.front.api.test_documentation` writes openapi.v1.json anew.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from madoguchi.front.api.docs import document
from madoguchi.front.api.openapi import codes, declared
from madoguchi.front.api.operations import OPERATIONS
from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

SNAPSHOT = Path(__file__).parent / "openapi.v1.json"


def _written() -> bytes:
    return msgspec.json.format(document(), indent=1) + b"\n"


def test_the_document_is_the_one_that_was_promised() -> None:
    assert _written() == SNAPSHOT.read_bytes()


def test_every_operation_says_what_it_is_for() -> None:
    for handler in OPERATIONS:
        assert handler.fn.__doc__, handler
        assert declared(handler).gives is not None or declared(handler).status == 204, handler


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_its_words(lang: str) -> None:
    reader = Reader(lang)
    missing = [code for handler in OPERATIONS for code in codes(handler) if not reader.has(f"errors.{code}")]
    assert missing == []


def test_every_reference_leads_somewhere() -> None:
    whole = msgspec.json.decode(document())
    schemas = whole["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in _references(whole)} == set(schemas)


async def test_the_page_is_whole_in_every_language(site: Site) -> None:
    titles = set()
    for lang in LANGUAGES:
        client = await site.client(lang=lang)
        page = await client.get("/api/docs")
        assert page.status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        for handler in OPERATIONS:
            assert f'id="{handler.fn.__module__.rpartition(".")[2]}.{handler.fn.__name__}"' in page.text
        assert "http://" not in page.text.replace(site.url, "").replace("http://www.w3.org/2000/svg", "")
        titles.add(page.text.partition("<title>")[2].partition("<")[0])
    assert len(titles) == len(LANGUAGES)


async def test_the_document_is_served(site: Site) -> None:
    client = await site.client()
    answer = await client.get("/api/v1/openapi.json")
    assert (answer.headers["content-type"], answer.content) == ("application/json", document())


async def test_a_problem_leads_to_its_words(site: Site) -> None:
    client = await site.client()
    answer = await client.get("/problems/too_fast")
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/docs#too_fast")
    assert (await client.get("/problems/none")).status_code == 404


def _references(part: Any) -> set[str]:
    match part:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return {found for value in part.values() for found in _references(value)}
        case list():
            return {found for value in part for found in _references(value)}
    return set()


if __name__ == "__main__":
    SNAPSHOT.write_bytes(_written())

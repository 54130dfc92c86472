"""Journeys through the whole program, each in the language its test names, or with --all-languages in every one."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from madoguchi.kit.i18n import LANGUAGES, Reader
from tests.journeys.street import Street
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `lang` to the journeys that name one.

    One that is `alone` stays in its language: it reads the desk, a sheet or words of a country, which keep their own.
    """
    everywhere = metafunc.config.getoption("--all-languages")
    for spoken in metafunc.definition.iter_markers("spoken"):
        alone = spoken.kwargs.get("alone", False)
        metafunc.parametrize("lang", LANGUAGES if everywhere and not alone else spoken.args)


@pytest.fixture
def says(lang: str) -> Reader:
    """The texts of the journey's language: `says.t(key)`."""
    return Reader(lang)


@pytest.fixture
async def street(site: Site, browser: Browser) -> AsyncIterator[Street]:
    """People with browsers; whatever one of their pages complained about fails the test."""
    street = Street(site, browser)
    yield street
    await street.leave()
    assert street.complaints == []

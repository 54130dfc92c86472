"""Every page, looked at: nothing for axe to find, nothing too wide, too small, or said to the console.

The gate shows each page once, the languages, widths and displays dealt round. `python -m tests.screens OUT` shows each
in every language and width, and keeps the pictures.
"""

from pathlib import Path

import pytest

from madoguchi.kit.i18n import LANGUAGES
from tests.journeys import scenes
from tests.journeys.scenes import SCENES, Scene
from tests.journeys.screens import WIDTHS, Look, faults, photograph, show
from tests.journeys.street import Street

pytestmark = pytest.mark.browser

DISPLAYS = ("light.normal.1", "dark.normal.1", "light.more.1_25", "dark.more.1_5")
N = len(LANGUAGES)


def dealt(turn: int) -> list[tuple[Scene, Look]]:
    """A quarter of the pages, in one language, with widths and displays in turn."""
    mine = SCENES[turn::N]
    looks = [Look(LANGUAGES[turn], WIDTHS[(turn + i) % 2], DISPLAYS[(turn + i // 2) % N]) for i in range(len(mine))]
    return list(zip(mine, looks, strict=True))


def all_of(lang: str) -> list[tuple[Scene, Look]]:
    """Every page at every width."""
    return [(scene, Look(lang, width)) for scene in SCENES for width in WIDTHS]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_pages_are_in_order(street: Street, lang: str, request: pytest.FixtureRequest) -> None:
    kept: str | None = request.config.getoption("--screens")
    shown = all_of(lang) if kept else dealt(LANGUAGES.index(lang))
    day = await scenes.day(street.site, lang)
    wrong = []
    for scene, look in shown:
        page = await show(street, day, scene, look)
        at = f"{look.lang}/{scene.name}-{look.width}"
        wrong += [f"{at}: {fault}" for fault in [*await faults(page, scene, look), *street.complaints_of(scene.status)]]
        if kept:
            await photograph(page, Path(kept) / f"{at}.png")
        await page.context.close()
    assert not wrong, "\n".join(["", *wrong])

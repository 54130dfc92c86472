"""The pictures of the documentation: pages as a screen shows them, with more pixels and fewer colours.

`python -m tests.pictures docs/pictures` takes them anew; pytest does not come here by itself.
"""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from tests.front.counter.customer import signed_in
from tests.journeys import scenes
from tests.journeys.scenes import SCENES, Day, Scene, open_widget
from tests.journeys.screens import Look, show
from tests.journeys.street import DESK, NATIVES, PHONE, Street

SHARP = 2  # pixels of a picture for one of the page
COLOURS = 96


async def go_on_in_widget(page: Page) -> None:
    """Open the widget and go on with the chat of before."""
    await open_widget(page)
    await page.frames[1].click(".primary")
    await page.frames[1].wait_for_selector(".composer-send")


MORNING = {"home": (Scene("home", "native", "/"), Look("ja", PHONE))}  # nobody has written yet
_BY_NAME = {scene.name: scene for scene in SCENES}
PICTURES = {
    "slip": (_BY_NAME["chat-slip"], Look("ja", PHONE)),
    "ticket": (_BY_NAME["chat-nobody-there"], Look("ja", PHONE)),
    "message": (_BY_NAME["message"], Look("ja", PHONE)),
    "desk": (_BY_NAME["desk-quote"], Look("ja", DESK)),
    "widget": (Scene("widget", "guest", "/demo/shop?as={ref}", go_on_in_widget), Look("en", DESK)),
    "late": (_BY_NAME["chat-late"], Look("ko", PHONE, "dark.normal.1")),
    "return": (_BY_NAME["return"], Look("ja", PHONE)),
    "seller": (_BY_NAME["seller-thread"], Look("ja", PHONE)),
    "warehouse": (_BY_NAME["warehouse-return"], Look("en", PHONE)),
}


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["ja", "en", "ko"])
async def test_pictures_are_taken(street: Street, lang: str, request: pytest.FixtureRequest) -> None:
    folder = Path(request.config.getoption("--screens"))
    morning = Day({"native": await signed_in(street.site, NATIVES[lang], lang)}, {})
    await take(street, morning, {name: what for name, what in MORNING.items() if what[1].lang == lang}, folder)
    day = await scenes.day(street.site, lang)
    await take(street, day, {name: what for name, what in PICTURES.items() if what[1].lang == lang}, folder)


async def take(street: Street, day: Day, wanted: dict[str, tuple[Scene, Look]], folder: Path) -> None:
    """Take pictures of a day."""
    for name, (scene, look) in wanted.items():
        page = await show(street, day, scene, look._replace(sharp=SHARP))
        keep(await page.screenshot(), folder / f"{name}.png")


def keep(picture: bytes, file: Path) -> None:
    """Store a picture in few colours."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)

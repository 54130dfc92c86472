"""What must hold for every page, whoever reads it, in whatever language, on whatever screen."""

from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Page

from tests.axe import violations
from tests.journeys.scenes import Day, Scene
from tests.journeys.street import DESK, PHONE, Street

WIDTHS = (PHONE, DESK)
FINGER = 44  # pixels that whatever customers press measures at least
MOUSE = 24  # and on the desk
TAGS = {"ja": "ja", "en": "en", "zh": "zh-Hans", "ko": "ko"}

# What can be pressed and is smaller than that. Links within a sentence may be as small as its letters.
_SMALL = """least => {
  const words = element => element.textContent.trim()
  const inSentence = link => link.matches('a, .link') && getComputedStyle(link).display.startsWith('inline')
    && words(link.parentElement).length > words(link).length
  const target = control => control.closest('label') ?? (control.matches('[type=radio], [type=checkbox]')
    ? document.querySelector(`label[for="${CSS.escape(control.id)}"]`) ?? control : control)
  return [...document.querySelectorAll('a[href], button:enabled, input:not([type=hidden]), select, textarea, summary')]
    .filter(element => element.checkVisibility({opacityProperty: true, visibilityProperty: true})
      && !element.closest('.skip, .only-read') && !inSentence(element))
    .map(element => [target(element).getBoundingClientRect(), element.outerHTML.slice(0, 120)])
    .filter(([box]) => box.width && box.height && (box.width < least - 0.5 || box.height < least - 0.5))
    .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)
}"""
_HEADINGS = "[...document.querySelectorAll('h1')].filter(h => h.checkVisibility()).length"
_TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth
  return wide <= 0 ? [] : [...document.querySelectorAll('body *')]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120)).slice(0, 5)
}"""


class Look(NamedTuple):
    """How somebody reads: language, width, and theme, contrast and size of text as they chose them.

    `sharp` is how many pixels their screen has for one of the page.
    """

    lang: str
    width: int
    display: str = "light.normal.1"
    sharp: int = 1


async def show(street: Street, day: Day, scene: Scene, look: Look) -> Page:
    """The scene in a browser, as whoever is in it sees it."""
    page = await street.visitor(day.people[scene.who].http.cookies, look.lang, look.width, look.display, look.sharp)
    await page.goto(street.site.url + scene.path.format(**day.facts))
    if scene.act:
        await scene.act(page)
        await page.wait_for_load_state()
    await page.evaluate("document.fonts.ready")
    return page


async def faults(page: Page, scene: Scene, look: Look) -> list[str]:
    """What is wrong with the page; nothing, where all is well."""
    wrong = [f"{rule}: {where[:5]}" for rule, where in await violations(page)]
    least = MOUSE if scene.name.startswith(("desk", "office", "demo", "api")) else FINGER
    wrong += [f"small: {element}" for element in await page.evaluate(_SMALL, least)]
    wrong += [f"too wide: {element}" for element in await page.evaluate(_TOO_WIDE)]
    if (count := await page.evaluate(_HEADINGS)) != 1:
        wrong.append(f"{count} headings of the first level")
    if (tag := await page.get_attribute("html", "lang")) != TAGS[look.lang]:
        wrong.append(f"lang is {tag}")
    return wrong


async def photograph(page: Page, file: Path) -> None:
    """The whole page as a picture."""
    file.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=file, full_page=True)

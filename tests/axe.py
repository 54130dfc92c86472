"""What axe-core finds on a page in a browser."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_AXE = Path(__file__).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# what is well is not described; frames are pages of their own
_ASK = """async rules => {
    const found = await axe.run(document, {runOnly: rules, iframes: false, resultTypes: ['violations']});
    return found.violations.map(rule => [rule.id, rule.nodes.map(node => node.target)]);
}"""


async def violations(page: Page) -> list[tuple[str, list[Any]]]:
    """The rules that the page breaks, each with where it does."""
    await page.evaluate(_AXE.read_text())
    return [(rule, where) for rule, where in await page.evaluate(_ASK, _RULES)]

"""What may not stand in the repository at all."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from madoguchi.kit import migrations
from tests.house.sources import PACKAGE, ROOT, repository

HERE = Path(__file__).resolve()
SHOP = ROOT.parent / "shared" / "data" / "tau-bench-retail-v1"
PICTURES = {".png", ".jpg", ".webp", ".ico", ".gif", ".gz"}

FORBIDDEN = {
    "an address of a package registry, which is another one elsewhere": re.compile(
        r"https?://[^\s\"'<>]*(registry|pypi|pythonhosted|npmjs|artifactory|nexus|/simple/)", re.IGNORECASE
    ),
    "a path of one machine": re.compile(r"(?<![\w.-])/(work|home/\w+|Users/\w+|root/\w+|mnt/\w+)/"),
    "work that was left for later": re.compile(r"\b([T]ODO|[F]IXME|[X]XX|[H]ACK)\b"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_does_not_hold(what: str) -> None:
    """The repository is read on other machines, by people who care about the product."""
    assert found(FORBIDDEN[what], texts()) == []


def test_scripts_come_from_our_own_origin() -> None:
    """Pages work where nothing but us can be reached, and tell nobody else who reads them."""
    loads = re.compile(r"""(src|href|action)=["']?(https?:)?//|url\(["']?(https?:)?//|@import\s+["']https?:""")
    pages = [*PACKAGE.rglob("*.html"), *(ROOT / "frontend" / "src").rglob("*.css")]
    assert found(loads, ((path, path.read_text()) for path in pages)) == []


def test_pages_hold_no_scripts_and_styles() -> None:
    """What the content security policy forbids would be dead on arrival; what escapes escaping would be a hole."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\s(style|on[a-z]+|hx-on[:\w-]*)=|\|\s*safe\b|autoescape false")
    assert found(inline, ((path, path.read_text()) for path in PACKAGE.rglob("*.html"))) == []


def test_migrations_have_numbers_of_their_own() -> None:
    """All rooms share one order; two files with one number would be applied in the order of somebody's disk."""
    numbers = [migration.number for migration in migrations.discover(PACKAGE)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(list(PACKAGE.rglob("schema/*.sql")))


def test_nothing_of_a_measured_shop_became_part_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    """The imported shop measures us; a program that knew its orders would be measured by what it learnt by heart."""
    if not SHOP.exists():
        with capsys.disabled():
            print(f"\nnot checked, since it is not here: {SHOP}")
        pytest.skip(f"there is no {SHOP}")
    known = ids_of_the_shop()
    assert len(known) > 2_000
    words = {word for path, text in texts() if path != HERE for word in re.findall(r"\w+", text)}
    assert words & known == set()


def test_catches_violations() -> None:
    registry, place, later = FORBIDDEN.values()
    lock = "resolved: https://" + "registry.example/simple/x"
    assert found(registry, [(HERE, lock)])
    assert found(place, [(HERE, "see /" + "home/taro/shop")])
    assert not found(place, [(HERE, "posts to /identify and src/home/page")])
    assert found(later, [(HERE, "# TO" + "DO: later")])


def found(pattern: re.Pattern[str], of: Iterable[tuple[Path, str]]) -> list[str]:
    """Lines in which the pattern stands."""
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in of
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of the repository that is text."""
    return ((path, path.read_text()) for path in repository() if path.suffix not in PICTURES)


def ids_of_the_shop() -> set[str]:
    """Numbers of its orders, users, products and items; short ones are words of any language."""
    orders, users, products = (
        json.loads(gzip.decompress((SHOP / f"{name}.json.gz").read_bytes())) for name in ("orders", "users", "products")
    )
    items = {item for product in products.values() for item in product["variants"]}
    return {known.strip("#") for known in {*orders, *users, *products, *items}}

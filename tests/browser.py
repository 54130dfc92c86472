"""A headless Chromium for the tests that drive pages: one from an npm package, else the machine's own.

The packaged one needs no rights, brings its libraries, and cannot open windows, so that it works half as much. Both
draw with the fonts of a Python package only, so a page looks the same on every machine. `python -m tests.browser`
prepares it ahead of the tests.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from string import Template

import pytest
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tests" / "chromium"
SEARCHED = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
CACHE = ROOT / ".madoguchi" / "browser"

# pages of ours load nothing from elsewhere; whatever tries, finds no host
ARGUMENTS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--font-render-hinting=none",
]

INSTALL = "\nChromium is missing: sudo apt-get install chromium"

FONTS = Template("""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>$fonts</dir>
  <cachedir>$cache</cachedir>
</fontconfig>
""")


class BrowserMissingError(Exception):
    """There is no Chromium to run the tests of pages in; the message names the line that installs one."""


def chromium_executable() -> Path:
    """The Chromium to drive; BrowserMissingError when there is none and none can be unpacked."""
    try:
        return _packaged_chromium()
    except BrowserMissingError:
        if own := _machines_chromium():
            return own
        raise


def chromium_environment(executable: Path) -> dict[str, str]:
    """The environment to start it in: our fonts, and the libraries beside the packaged one."""
    package = find_spec("manimgx_fonts_cjk")
    assert package
    assert package.origin
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = CACHE / f"fonts-{os.getpid()}.conf"
    unfinished.write_text(FONTS.substitute(fonts=Path(package.origin).parent, cache=CACHE / "fonts"))
    fonts = unfinished.replace(CACHE / "fonts.conf")
    return {**os.environ, "FONTCONFIG_FILE": str(fonts), "LD_LIBRARY_PATH": str(executable.parent / "al2023" / "lib")}


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of this process; make a context of your own in it."""
    # its own Node needs a library that a bare machine lacks
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", shutil.which("node", path=SEARCHED) or "")
    async with async_playwright() as playwright:
        executable = chromium_executable()
        chromium = await playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS, env={**chromium_environment(executable)}
        )
        yield chromium
        await chromium.close()


def _packaged_chromium() -> Path:
    if platform.machine() != "x86_64":
        raise BrowserMissingError(f"No package holds a Chromium for {platform.machine()}.{INSTALL}")
    version = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = CACHE / f"chromium-{version}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(folder)
    return folder / "chromium"


def _machines_chromium() -> Path | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        # some of these are only a hint to install the real one
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return Path(found)
    return None


def _unpack(folder: Path) -> None:
    unfinished = CACHE / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    node = {**os.environ, "PATH": SEARCHED, "TMPDIR": str(unfinished)}
    _must_run(["npm", "ci"], node)
    _must_run(["node", "unpack.mjs"], node)
    _must_run([str(unfinished / "chromium"), "--version"], chromium_environment(unfinished / "chromium"))
    unfinished.rename(folder)
    shutil.rmtree(PACKAGE / "node_modules")


def _must_run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BrowserMissingError(f"{done.stderr}{INSTALL}")


if __name__ == "__main__":
    try:
        print(chromium_executable())
    except BrowserMissingError as error:
        sys.exit(str(error))

"""The guide's examples run as they stand, one after the other."""

import asyncio
import base64
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.kit import clock
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guides" / "api.md").read_text()
OURS = f'curl() {{ "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"; }}\n'
CURLS = {"ours": OURS} | ({"curl": ""} if shutil.which("curl") else {})


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


async def _run(site: Site, script: str, curl: str) -> str:
    whole = f"set -eu\n{curl}{script}".replace("http://127.0.0.1:8000", site.url)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", whole, stdout=-1, stderr=-1, env={"PATH": path, "no_proxy": "*"}
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, f"{process.returncode}: {out.decode()[-2000:]}{errors.decode()}"
    return out.decode()


@pytest.mark.parametrize("curl", CURLS.values(), ids=CURLS)
async def test_the_story_runs(site: Site, curl: str) -> None:
    said = await _run(site, "".join(_blocks("sh")), curl)
    for expected in (
        "MD-10234567",
        "event: entry",
        "'currency': 'JPY'",
        "done",
        "%PDF-",
        '"type":"document"',
        '"type":"ticket"',
        "empty_message",
    ):
        assert expected in said, expected
    assert site.value("select count(*) from requests where state = 'done'") == 1


async def test_the_shops_token_is_one(site: Site) -> None:
    names: dict[str, Callable[[str, str, str], str]] = {}
    exec(_blocks("python")[0], names)  # the guide's own example
    secret = base64.b64encode(site.services.shop_secrets(DEMO.id)).decode()
    client = await site.client()
    with clock.frozen(datetime.fromtimestamp(time.time(), UTC)):
        token = names["shop_token"](secret, DEMO.id, "CU-1001")
        answer = await client.post("/api/v1/sessions", json={"locale": "ja", "token": token})
    assert (answer.status_code, answer.json()["level"]) == (201, 3)

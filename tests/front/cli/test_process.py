"""The program as a process: it starts from nothing, says clearly what is wrong, and ends cleanly."""

import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.sellers import queries as sellers
from madoguchi.core.people.sellers.verbs import remember_seller
from madoguchi.core.shop.verbs import add_store
from madoguchi.kit.db import Database, Tx

ROOT = Path(__file__).parents[3]
QUICK = 5.0  # seconds for a clean end, whatever is open


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MADOGUCHI_", "DATABASE_URL"))}
    return kept | {"PYTHONPATH": str(ROOT / "src")} | more


def _run(cwd: Path, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "madoguchi", *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env=_environment(**environment),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _demo(cwd: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "madoguchi", "demo", "--port", str(port), "--data-dir", str(cwd / "data")]
    with subprocess.Popen(command, cwd=cwd, env=_environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _wait_until_open(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("it never opened")


def _running() -> list[str]:
    """The command line of every process that is here now."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(process.read_text(errors="replace").replace("\0", " "))
    return found


def test_the_demo_starts_from_nothing_and_ends_within_seconds_with_streams_open(tmp_path: Path) -> None:
    port = _free_port()
    with _demo(tmp_path, port) as process:
        _wait_until_open(port, process)
        base = f"http://127.0.0.1:{port}"
        session = httpx.post(f"{base}/api/v1/sessions", json={"locale": "ja"}, trust_env=False).json()
        bearer = {"authorization": f"Bearer {session['token']}"}
        chat = httpx.post(f"{base}/api/v1/chats", json={"client_id": "a"}, headers=bearer, trust_env=False).json()
        with httpx.stream("GET", f"{base}/api/v1/chats/{chat['id']}/events", headers=bearer, trust_env=False) as stream:
            assert stream.status_code == 200
            next(stream.iter_bytes())
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(QUICK) == 0
            assert time.monotonic() - began < QUICK
    assert not [command for command in _running() if str(tmp_path) in command]


def test_a_taken_port_is_one_sentence_and_leaves_no_trace(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = _run(tmp_path, "demo", "--port", str(port), "--data-dir", "data")
    assert ended.returncode == 69
    assert ended.stderr.strip().splitlines() == [
        f"madoguchi: Port {port} on 127.0.0.1 cannot be used (Address already in use); choose another with --port."
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "sentence"),
    [
        (["serve"], {"MADOGUCHI_PORT": "eight"}, 78, "A setting is wrong"),
        (["serve", "--port", "99999"], {}, 78, "between 1 and 65535"),
        (["migrate"], {"DATABASE_URL": "mysql://x"}, 78, "must begin with postgresql://"),
        (["migrate"], {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, 69, "cannot be reached"),
        (["import-shop", "nowhere"], {}, 65, "nowhere"),
    ],
    ids=str,
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, sentence: str
) -> None:
    ended = _run(tmp_path, *arguments, **environment)
    said = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == code, ended.stderr
    assert said.startswith("madoguchi: ")
    assert sentence in said
    assert "Traceback" not in ended.stderr


def test_an_empty_database_is_not_served(tmp_path: Path) -> None:
    ended = _run(tmp_path, "serve", "--port", str(_free_port()), "--data-dir", "data")
    assert ended.returncode == 78
    assert "run `./madoguchi migrate` first" in ended.stderr


async def test_only_a_shop_that_is_there_has_a_secret(tmp_path: Path, db: Database, database_url: str) -> None:
    await db.run(SYSTEM, lambda tx: add_store(tx, "demo", "Demo", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp"))
    address = f"postgresql:///?{urlencode(conninfo_to_dict(database_url))}"
    told = _run(tmp_path, "shop-secret", "demo", DATABASE_URL=address)
    assert len(b64decode(told.stdout, validate=False)) == 32
    key = tmp_path / "key.json"
    key.write_text("{}")
    for arguments in (("shop-secret", "dmeo"), ("add-shop-key", "dmeo", "own", str(key))):
        refused = _run(tmp_path, *arguments, DATABASE_URL=address)
        assert (refused.returncode, refused.stdout) == (65, "")
        assert refused.stderr.strip() == "madoguchi: There is no shop “dmeo” here; there are: demo."


async def test_somebody_answers_for_a_seller_until_they_do_no_more(
    tmp_path: Path, db: Database, database_url: str
) -> None:
    async def known(tx: Tx) -> UUID:
        await add_store(tx, "demo", "Demo", "JPY", "Asia/Tokyo", "JP", "ja", "marketplace-jp")
        await remember_seller(tx, "demo", "yamada", "山田商店", "佐賀県")
        found = await sellers.seller_by_ref(tx, "demo", "yamada")
        assert found
        return found.id

    seller_id = await db.run(SYSTEM, known)
    address = f"postgresql:///?{urlencode(conninfo_to_dict(database_url))}"

    def add(store: str, seller: str, password: str) -> subprocess.CompletedProcess[str]:
        asked = ("add-seller", store, seller, "taro@sellers.example", "山田 太郎", "--language", "ja")
        return _run(tmp_path, *asked, typed=f"{password}\n", DATABASE_URL=address)

    for wrong in (
        ("dmeo", "yamada", "a long enough one"),
        ("demo", "yamaha", "a long enough one"),
        ("demo", "yamada", "x"),
    ):
        assert add(*wrong).returncode == 65
    assert await db.run(SYSTEM, lambda tx: sellers.people_of(tx, seller_id)) == []
    assert add("demo", "yamada", "a long enough one").returncode == 0
    (person,) = await db.run(SYSTEM, lambda tx: sellers.people_of(tx, seller_id))
    assert (person.email, person.name) == ("taro@sellers.example", "山田 太郎")
    assert _run(tmp_path, "deactivate-seller", "taro@sellers.example", DATABASE_URL=address).returncode == 0
    assert await db.run(SYSTEM, lambda tx: sellers.people_of(tx, seller_id)) == []
    unknown = _run(tmp_path, "deactivate-seller", "nobody@sellers.example", DATABASE_URL=address)
    assert (unknown.returncode, "nobody@sellers.example" in unknown.stderr) == (65, True)

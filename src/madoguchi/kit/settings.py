"""What must be known before the database can be asked: environment variables or a TOML file, nothing else."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from madoguchi.kit.errors import StartupError
from madoguchi.kit.mail import ascii_address

PREFIX = "MADOGUCHI_"
NO_SETTINGS = {  # read before there are settings, or instead of them
    "MADOGUCHI_VENV",  # by the launcher
    "MADOGUCHI_FAILPOINT",  # kit.failpoints
    "MADOGUCHI_TEST_SERVER",  # by the tests
    "MADOGUCHI_TEST_DATABASE_URL",
}
LISTS = {"shop_origins", "trusted_proxies"}  # separated by spaces in the environment
Network = IPv4Network | IPv6Network


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Boot settings. Each is `MADOGUCHI_<NAME>` in the environment or `<name>` in madoguchi.toml.

    `database_url` (also DATABASE_URL): a server of your own; None starts the embedded one under `data_dir`.
    `base_url`: how browsers reach us, such as https://help.example; its host is the only one answered to.
    `shop_origins`: sites that may embed the widget. `trusted_proxies`: addresses and networks of the proxies before us,
    whose word on where a request comes from is believed. `smtp_url`: smtp://user:password@host:port, None keeps mail in
    the development mail box (demo only). `pace`: how many times as often as usual anybody may come (to measure).
    """

    data_dir: Path = Path(".madoguchi")
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str | None = None
    shop_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    smtp_url: str | None = None
    mail_from: str = "support@madoguchi.example"
    secret_file: Path | None = None
    log_level: str = "warning"
    upload_limit: int = 10_000_000  # bytes
    pace: float = 1.0

    @property
    def public_url(self) -> str:
        """Base of every link we give away, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def origins(self) -> tuple[str, ...]:
        """Every scheme and host that our pages are served under, the public one first.

        Without a base_url, on this machine only, these are all names of this machine.
        """
        if self.base_url or not _is_loopback(self.host):
            return (self.public_url,)
        names = (self.host, *(name for name in ("127.0.0.1", "localhost", "[::1]") if name != self.host))
        return tuple(f"http://{name}:{self.port}" for name in names)

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The trusted proxies as networks."""
        return tuple(ip_network(proxy) for proxy in self.trusted_proxies)

    @property
    def secure(self) -> bool:
        """Whether browsers come by https; plain http is for loopback only."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] = os.environ, file: Path = Path("madoguchi.toml")) -> Settings:
    """Settings from the file and, above it, the environment; StartupError with one sentence when something is off."""
    values: dict[str, Any] = {}
    if file.exists():
        try:
            values.update(tomllib.loads(file.read_text()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise StartupError(f"The settings file {file} cannot be read: {error}") from error
    values.update(_from_environment(environ))
    if "DATABASE_URL" in environ:
        values.setdefault("database_url", environ["DATABASE_URL"])
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise StartupError(f"A setting is wrong: {error}.") from error
    return checked(settings)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {f"{PREFIX}{field.name.upper()}": field.name for field in msgspec.structs.fields(Settings)}
    found: dict[str, Any] = {}
    for name, value in environ.items():
        if name in known:
            found[known[name]] = value.split() if known[name] in LISTS else value
        elif name.startswith(PREFIX) and name not in NO_SETTINGS:
            meant = get_close_matches(name, known, n=1)
            raise StartupError(f"There is no setting {name}{f'; {meant[0]} is one' if meant else ''}.")
    return found


def secret_key(settings: Settings) -> bytes:
    """The installation's key, from its file outside the database; made at the first start, readable by us only."""
    path = settings.secret_file or settings.data_dir / "secret.key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        key = bytes.fromhex(path.read_text().strip())
    except FileExistsError:
        return secret_key(settings)
    except (OSError, ValueError) as error:
        raise StartupError(f"The key file {path} cannot be used: {error}.") from error
    if len(key) < 32:
        raise StartupError(f"The key file {path} must hold at least 64 hexadecimal digits.")
    return key


def checked(settings: Settings) -> Settings:
    """The settings themselves; StartupError when one of them cannot be."""
    if not 1 <= settings.port <= 65535:
        raise StartupError(f"The port must be between 1 and 65535, not {settings.port}.")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise StartupError(f"The log level must be debug, info, warning or error, not {settings.log_level}.")
    if not 1 <= settings.pace <= 10_000:
        raise StartupError(f"The pace must be between 1 and 10,000, not {settings.pace:g}.")
    for url in filter(None, (settings.base_url, *settings.shop_origins)):
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise StartupError(f"{url} is not a web address of the form https://host.")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise StartupError(f"{url} must be https: plain http is for this machine only.")
    for proxy in settings.trusted_proxies:
        if not _is_network(proxy):
            raise StartupError(f"{proxy} is not an address or a network of proxies, such as 10.0.0.0/8.")
    if settings.database_url and urlsplit(settings.database_url).scheme not in {"postgres", "postgresql"}:
        raise StartupError("The database address must begin with postgresql://.")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in {"smtp", "smtps"}:
        raise StartupError("The mail server's address must begin with smtp:// or smtps://.")
    if ascii_address(settings.mail_from) is None:
        raise StartupError(f"{settings.mail_from} is not a mail address that letters can come from.")
    return settings


def _is_network(text: str) -> bool:
    try:
        return bool(ip_network(text))
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

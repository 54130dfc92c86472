"""Settings: from the environment above the file; what is wrong is one sentence."""

import os
from pathlib import Path

import pytest

from madoguchi.kit import settings
from madoguchi.kit.errors import StartupError

NO_FILE = Path("/nowhere/madoguchi.toml")


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    file = tmp_path / "madoguchi.toml"
    file.write_text('port = 9000\nlog_level = "info"')
    loaded = settings.load({"MADOGUCHI_PORT": "9001", "DATABASE_URL": "postgresql:///x"}, file)
    assert (loaded.port, loaded.log_level, loaded.database_url) == (9001, "info", "postgresql:///x")


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"MADOGUCHI_PORT": "eight"}, "port"),
        ({"MADOGUCHI_PORT": "70000"}, "between 1 and 65535"),
        ({"MADOGUCHI_LOG_LEVEL": "loud"}, "log level"),
        ({"MADOGUCHI_BASE_URL": "help.example"}, "not a web address"),
        ({"MADOGUCHI_BASE_URL": "http://help.example"}, "must be https"),
        ({"MADOGUCHI_BASE_URL": "https://help.example/desk"}, "not a web address"),
        ({"MADOGUCHI_SHOP_ORIGINS": "https://a.example ftp://b.example"}, "not a web address"),
        ({"DATABASE_URL": "mysql://x"}, "must begin with postgresql://"),
        ({"MADOGUCHI_SMTP_URL": "mail.example"}, "must begin with smtp://"),
        ({"MADOGUCHI_MAIL_FROM": "nobody"}, "not a mail address"),
        ({"MADOGUCHI_TRUSTED_PROXIES": "10.0.0.0/8 proxy.example"}, "proxy.example is not an address or a network"),
        ({"MADOGUCHI_TRUSTED_PROXIES": "10.0.0.1/8"}, "10.0.0.1/8 is not an address or a network"),
        ({"MADOGUCHI_PROT": "9000"}, "There is no setting MADOGUCHI_PROT; MADOGUCHI_PORT is one."),
        ({"MADOGUCHI_COLOUR": "blue"}, "There is no setting MADOGUCHI_COLOUR."),
        ({"MADOGUCHI_port": "9000"}, "There is no setting MADOGUCHI_port"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(StartupError, match=sentence):
        settings.load(environ, NO_FILE)


def test_what_is_no_setting_but_ours_is_let_be() -> None:
    others = {"MADOGUCHI_VENV": "/x", "MADOGUCHI_FAILPOINT": "", "MADOGUCHI_TEST_DATABASE_URL": "", "MADOGUCHIX": ""}
    assert settings.load(others, NO_FILE) == settings.Settings()


def test_proxies_are_addresses_and_networks() -> None:
    loaded = settings.load({"MADOGUCHI_TRUSTED_PROXIES": "127.0.0.1 10.0.0.0/8 2001:db8::/32"}, NO_FILE)
    assert [str(proxy) for proxy in loaded.proxies] == ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("chosen", "origins"),
    [
        ({}, ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000")),
        ({"host": "localhost"}, ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000")),
        ({"host": "0.0.0.0"}, ("http://0.0.0.0:8000",)),
        ({"base_url": "http://localhost:9000"}, ("http://localhost:9000",)),
        ({"base_url": "https://help.example"}, ("https://help.example",)),
    ],
    ids=str,
)
def test_this_machine_has_several_names_and_a_public_address_one(
    chosen: dict[str, str], origins: tuple[str, ...]
) -> None:
    assert settings.Settings(**chosen).origins == origins  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["port = ", "porto = 1", b"\xff\xfe"])
def test_a_broken_file_is_said(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / "madoguchi.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(StartupError):
        settings.load({}, file)


def test_the_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    mine = settings.Settings(data_dir=tmp_path / "new")
    key = settings.secret_key(mine)
    assert len(key) == 32
    assert settings.secret_key(mine) == key
    assert os.stat(tmp_path / "new" / "secret.key").st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "zz", "ab" * 8])
def test_a_bad_key_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(StartupError, match="key file"):
        settings.secret_key(settings.Settings(data_dir=tmp_path))

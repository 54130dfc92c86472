from pathlib import Path

import pytest

from madoguchi.kit.errors import StartupError
from madoguchi.kit.settings import load

NOWHERE = Path("no-such.toml")


def test_the_environment_gives_text_and_settings_have_their_types() -> None:
    settings = load(
        {"MADOGUCHI_DATA_DIR": "/srv/data", "MADOGUCHI_PORT": "8123", "MADOGUCHI_SHOP_ORIGINS": "https://a.example"},
        NOWHERE,
    )
    assert (settings.data_dir, settings.port) == (Path("/srv/data"), 8123)
    assert settings.shop_origins == ("https://a.example",)


@pytest.mark.parametrize(
    "environ",
    [
        {"MADOGUCHI_PORT": "0"},
        {"MADOGUCHI_PORT": "many"},
        {"MADOGUCHI_LOG_LEVEL": "loud"},
        {"MADOGUCHI_PACE": "0.5"},
        {"MADOGUCHI_BASE_URL": "http://help.example"},
        {"MADOGUCHI_SMTP_URL": "http://help.example"},
        {"DATABASE_URL": "mysql://here"},
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(environ: dict[str, str]) -> None:
    with pytest.raises(StartupError):
        load(environ, NOWHERE)

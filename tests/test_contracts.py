"""Every contract of the layout catches the import that it is there to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

VIOLATIONS = {
    "floors": {"kit/planted.py": "import madoguchi.core"},
    "service": {"service/planted.py": "import madoguchi.service.other", "service/other.py": ""},
    "edge": {"edge/stores/planted.py": "import madoguchi.edge.stores.other", "edge/stores/other.py": ""},
    "doors": {"front/desk/planted.py": "import madoguchi.front.counter"},
    "circles": {"kit/planted.py": "import madoguchi.kit.other", "kit/other.py": "import madoguchi.kit.planted"},
    "rules": {"core/planted/__init__.py": "", "core/planted/rules.py": "import psycopg"},
    "events": {"core/planted/__init__.py": "", "core/planted/events.py": "import httpx"},
    "web": {"core/planted/__init__.py": "import jinja2"},
}


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_deliberate_violation_is_caught(contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".importlinter", tmp_path)
    shutil.copytree(ROOT / "src" / "madoguchi", tmp_path / "madoguchi", ignore=_other_than_python)
    for place, source in VIOLATIONS[contract].items():
        file = tmp_path / "madoguchi" / place
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    lint = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run(
        [sys.executable, str(lint), "--no-logo", "--no-cache", "--contract", contract],
        cwd=tmp_path,
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 1
    assert ".planted" in checked.stdout


def _other_than_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()]

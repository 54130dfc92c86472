"""Refusals as the API tells them outside of problem documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from madoguchi.front.api.structs import Refusal
from madoguchi.kit.i18n import Reader


def refusal(
    code: str, reader: Reader, parameters: Mapping[str, Any] | None = None, alternatives: Sequence[str] = ()
) -> Refusal:
    """Why not, in the reader's language."""
    return Refusal(code, reader.t(f"errors.{code}", **(parameters or {})), tuple(alternatives))

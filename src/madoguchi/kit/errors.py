"""What can go wrong, said once: to the operator (StartupError) or to the person at a door (Refused)."""

from collections.abc import Mapping
from typing import Any


class StartupError(Exception):
    """The program cannot start or go on; the message is one clear sentence for the operator.

    `exit_code` follows sysexits: 78 configuration, 69 something needed is not there, 70 our own fault.
    """

    def __init__(self, sentence: str, exit_code: int = 78) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a failure
    """A wish that cannot be granted: a stable code, the key of its text, the text's parameters, an HTTP status.

    Doors turn it into a problem document, a page or a sentence of the bot. `code` is part of the public API
    (core.actions.codes lists them all); `retry_after` is in seconds.
    """

    def __init__(self, code: str, status: int = 422, *, retry_after: float | None = None, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.parameters: Mapping[str, Any] = parameters
        self.retry_after = retry_after

    @property
    def key(self) -> str:
        """Key of the sentence for people."""
        return f"errors.{self.code}"


def invisible() -> Refused:
    """The one answer for what does not exist and for what belongs to somebody else."""
    return Refused("not_found", 404)

"""What we ask of whoever carries mails (edge.channels.email)."""

from typing import Protocol

from madoguchi.service.notices.rules import Refusal


class Undelivered(Exception):  # noqa: N818 - a state of the world
    """The mail was not taken, or nobody knows whether it was; `refusal` says whether to try again."""

    def __init__(self, refusal: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.refusal = refusal


class Mailer(Protocol):
    """Carries a mail to its first station."""

    async def send(self, mail: bytes, address: str) -> None:
        """Hand the built mail over for one address; Undelivered when that fails."""
        ...

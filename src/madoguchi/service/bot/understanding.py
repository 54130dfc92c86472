"""The port of understanding: what the dialogue gets from an utterance, whoever worked it out."""

from typing import Protocol

import msgspec

from madoguchi.service.bot.slots import Slots


class Meaning(msgspec.Struct, frozen=True):
    """What an utterance may mean.

    `ranked` holds contact reasons with their probabilities, the likeliest first, `out_of_scope` among them; it is never
    empty. `language` is the language of the utterance, which need not be the page's. `yes_no` is set only when the
    utterance says nothing else; `asks_if_human` when it asks whether a person or a machine is answering.
    """

    ranked: tuple[tuple[str, float], ...]
    language: str
    yes_no: bool | None = None
    slots: Slots = Slots()
    asks_if_human: bool = False

    @property
    def reason(self) -> str:
        """The likeliest reason."""
        return self.ranked[0][0]

    @property
    def confidence(self) -> float:
        """Probability of the likeliest reason, 0 to 1."""
        return self.ranked[0][1]


class Understanding(Protocol):
    """Anything that can tell the meaning of an utterance; it answers always and raises nothing."""

    def understand(self, text: str, lang: str) -> Meaning:
        """The meaning of `text`, typed on a page in language `lang` (ja, en, zh, ko)."""
        ...

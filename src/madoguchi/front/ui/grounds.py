"""Why something was decided, for staff: which rule of which version, and which law was better for the customer."""

from collections.abc import Sequence

import msgspec

from madoguchi.core.policy.decisions import Reason, Verdict
from madoguchi.core.policy.law import told
from madoguchi.core.policy.queries import Grounds
from madoguchi.kit import i18n
from madoguchi.kit.i18n import Reader

_TONES = {Verdict.ALLOW: "done", Verdict.ALLOW_WITH_APPROVAL: "waiting", Verdict.NEEDS_INFO: "waiting"}


class GroundsView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: about what, how it ended, the sentences of its rules with their ids, and those of laws."""

    about: str
    verdict: str
    tone: str
    reasons: Sequence[tuple[str, str]]
    laws: Sequence[str]
    version: str


def grounds_view(of: Grounds, reader: Reader) -> GroundsView:
    """The same in the reader's words."""
    action, at = reader.t(f"actions.{of.action}.name"), reader.datetime(of.decided_at)
    return GroundsView(
        about=reader.t("desk.grounds.about", action=action, at=at),
        verdict=reader.t(f"policy.verdict.{of.verdict}"),
        tone=_TONES.get(of.verdict, "plain"),
        reasons=[(sentence(reason, reader), reason.rule) for reason in of.reasons],
        laws=law_sentences(of.clauses, reader),
        version=reader.t("desk.grounds.version", pack=of.pack, number=of.version),
    )


def sentence(reason: Reason, reader: Reader) -> str:
    """What a rule says."""
    return reader.t(reason.key, **i18n.unpack(reason.parameters))


def law_sentences(clauses: Sequence[str], reader: Reader) -> list[str]:
    """What clauses of laws say, each once: several may stand in one article."""
    return list(dict.fromkeys(sentence(told(clause), reader) for clause in clauses))

"""Names on documents: how somebody is addressed, and what a seal says. Pure."""

import re

_HONORED = re.compile(r"(様|さま|御中|殿|先生|귀하|귀중)$")
_COMPANY = re.compile(
    r"会社|法人|組合|協会|大学|学校|病院|商店|事務所|㈱|㈲|[(（][株有][)）]|公司|주식회사|㈜|\b(Inc|Ltd|LLC|Corp|Co)\b"
)
_SEALED = 9  # characters that a square seal holds


def salutation(addressee: str) -> str:
    """The text that addresses somebody in a document: a person, a company, or whoever brought their title along."""
    if _HONORED.search(addressee):
        return "receipts.to.as_written"
    return "receipts.to.company" if _COMPANY.search(addressee) else "receipts.to"


def seal(issuer: str) -> str:
    """The characters of a Japanese issuer's seal; "" where the name cannot be cut into one."""
    marks = f"{issuer}之印"
    return marks if len(marks) <= _SEALED and not issuer.isascii() else ""

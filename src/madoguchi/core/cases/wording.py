"""What an entry says, in the reader's language: as written, or from the key it was kept as."""

from typing import Any

from madoguchi.core.cases.queries import Entry
from madoguchi.kit import i18n


def text_of(entry: Entry, reader: i18n.Reader) -> str:
    """The words of an entry, a failed action's with its reason. What a person or the bot said stays as it was said."""
    if entry.text or not entry.body:
        return entry.text
    key: Any = entry.body.get("key")
    if not key:
        return ""
    text = reader.t(str(key), **i18n.unpack(entry.body.get("parameters") or {}))
    refusal = entry.body.get("refusal")
    return f"{text}\n{reader.t(str(refusal))}" if refusal else text

"""What is worth a second look before a message goes to a customer. Pure: warnings, never refusals."""

import re
import unicodedata
from enum import StrEnum

import msgspec

from madoguchi.service.bot.slots import read_slots


class Check(StrEnum):
    """A reason to look again."""

    UNSEEN = "unseen"  # the customer has written something newer
    ATTACHMENT = "attachment"  # a photo is mentioned, none was sent
    ORDER = "order"  # another order's number than the case's


class About(msgspec.Struct, frozen=True):
    """What is known of the conversation: its order, how far the customer wrote, how far that was seen, photos sent."""

    order_ref: str | None
    customer_seq: int
    seen: int
    attached: bool


_ATTACHED = re.compile(
    r"添付(?!いただ|くださ|され|して(?:いただ|くださ|もら)|を?お願い)|(?<!you )\b(?:attached|attaching|enclosed)\b"
    r"|(?<!上传)附件|附上|附图|첨부(?!해\s?주)",
    re.IGNORECASE,
)


def checks(text: str, about: About) -> tuple[Check, ...]:
    """What to warn of, the most urgent first."""
    found = {
        Check.UNSEEN: about.customer_seq > about.seen,
        Check.ATTACHMENT: mentions_attachment(text) and not about.attached,
        Check.ORDER: about.order_ref is not None
        and any(ref != about.order_ref for ref in read_slots(text).order_numbers),
    }
    return tuple(check for check, applies in found.items() if applies)


def mentions_attachment(text: str) -> bool:
    """Whether the words say that something is sent along; asking the customer for it does not count."""
    return bool(_ATTACHED.search(unicodedata.normalize("NFKC", text)))

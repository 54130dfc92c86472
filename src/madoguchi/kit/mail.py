"""The one builder of mails: blocks of text in, a complete message out, as text and as HTML that loads nothing.

The HTML reads well without its style sheet, which many mail programs drop. Whatever stands in a name, a subject or
a text can neither add a header nor become markup.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

import msgspec

from madoguchi.kit import security

_NAME_LIMIT = 60  # characters
_SUBJECT_LIMIT = 200
_ENCODED_WORD = re.compile(r"=+\?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_WIRE = SMTP.clone(cte_type="7bit")  # passes any mail server
_COLON = {"ja": "：", "zh": "："}

_STYLE = """
body { margin: 0; background: #fbf9f5; color: #20242c; font: 16px/1.7 system-ui, sans-serif; }
main { max-width: 38em; margin: 0 auto; padding: 24px 16px; }
p, td, th { overflow-wrap: anywhere; }
a { color: #2d4a86; }
h2 { margin: 24px 0 0; font-size: 16px; }
h2 + p { margin-top: 0; }
table { width: 100%; margin: 16px 0; border-collapse: collapse; border-top: 1px solid #cfc8ba; }
caption { text-align: start; font-weight: bold; }
th, td { padding: 6px 0; border-bottom: 1px solid #e6e1d7; font-variant-numeric: tabular-nums; vertical-align: top; }
th { text-align: start; font-weight: normal; }
td { text-align: end; padding-inline-start: 16px; white-space: nowrap; }
tfoot th, tfoot td { font-weight: bold; }
.figure { font-size: 28px; letter-spacing: .15em; font-variant-numeric: tabular-nums; }
.talk { border-inline-start: 2px solid #cfc8ba; padding-inline-start: 12px; }
footer { margin-top: 24px; border-top: 1px solid #cfc8ba; font-size: 14px; color: #575d69; }
@media (prefers-color-scheme: dark) {
  body { background: #1b1d22; color: #f1eee8; }
  a { color: #9db6ee; }
  footer { color: #b3b7bf; }
}
"""


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A line above what it names."""

    text: str


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """Plain sentences; line breaks are kept."""

    text: str


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """Labels with figures or short facts, and perhaps a total apart."""

    title: str
    rows: tuple[tuple[str, str], ...]
    total: tuple[str, str] | None = None


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """Something to be copied by eye, such as a code."""

    text: str


class Speech(msgspec.Struct, frozen=True):
    """What somebody said, and when."""

    who: str
    when: str
    text: str


class Talk(msgspec.Struct, frozen=True, tag="talk"):
    """A conversation in its order."""

    speeches: tuple[Speech, ...]


class Link(msgspec.Struct, frozen=True, tag="link"):
    """A few words and the address of ours that they lead to."""

    text: str
    url: str


Block = Heading | Paragraph | Rows | Figure | Talk | Link


class Mailbox(msgspec.Struct, frozen=True):
    """Somebody's name and mail address."""

    name: str
    address: str


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail before it is built. `foot` is set apart under the letter; `message_id` is without angle brackets."""

    sender: Mailbox
    recipient: Mailbox
    subject: str
    lang: str
    message_id: str
    date: datetime
    letter: tuple[Block, ...]
    foot: tuple[Block, ...] = ()


def build(mail: Mail) -> EmailMessage:
    """The message, ready for SMTP. ValueError for an address that no mail can be sent to."""
    message = EmailMessage(policy=_WIRE)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.recipient)
    message["Subject"] = _one_line(mail.subject, _SUBJECT_LIMIT)
    message["Date"] = mail.date
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    text = plain(mail.letter, mail.lang)
    if mail.foot:
        text += f"\n\n{'-' * 24}\n{plain(mail.foot, mail.lang)}"
    message.set_content(text + "\n")
    message.add_alternative(security.clean_text(_page(mail)) + "\n", subtype="html")
    message["Content-Language"] = mail.lang
    return message


def plain(blocks: Sequence[Block], lang: str) -> str:
    """The blocks as plain text, an empty line between them; control and bidi characters are gone."""
    return security.clean_text("\n\n".join(_plain(block, _COLON.get(lang, ": ")) for block in blocks))


def ascii_address(address: str) -> str | None:
    """The address as it goes over the wire (the domain in ASCII form); None when no mail can be sent to it."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return None
    if len(local) > 64 or len(domain) > 253 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain}"


def _address(box: Mailbox) -> Address:
    address = ascii_address(box.address)
    if address is None:
        raise ValueError("no mail can be sent to this address")
    return Address(_one_line(box.name, _NAME_LIMIT), addr_spec=address)


def _one_line(text: str, limit: int) -> str:
    """For a header: no line breaks, and no beginning of an encoded word, which would be decoded on arrival."""
    return _ENCODED_WORD.sub("?", " ".join(security.clean_text(text).split()))[:limit]


def _plain(block: Block, colon: str) -> str:
    match block:
        case Heading(text) | Paragraph(text) | Figure(text):
            return text
        case Link(text, url):
            return f"{text}\n{url}"
        case Talk(speeches):
            return "\n\n".join(f"{said.who}  {said.when}\n{said.text}" for said in speeches)
        case Rows(title, rows, total):
            lines = [f"  {label}{colon}{value}" for label, value in rows]
            if total:
                lines += [f"  {'-' * 24}", f"  {total[0]}{colon}{total[1]}"]
            return "\n".join([title, *lines])


def _page(mail: Mail) -> str:
    foot = f"<footer>{_html(mail.foot)}</footer>" if mail.foot else ""
    return (
        f'<!doctype html>\n<html lang="{escape(mail.lang)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(mail.subject)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{_html(mail.letter)}{foot}</main></body></html>"
    )


def _html(blocks: Sequence[Block]) -> str:
    return "\n".join(map(_html_of, blocks))


def _html_of(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{_lines(text)}</h2>"
        case Paragraph(text):
            return f"<p>{_lines(text)}</p>"
        case Figure(text):
            return f'<p class="figure"><strong>{_lines(text)}</strong></p>'
        case Link(text, url):
            return f'<p><a href="{escape(url)}">{_lines(text)}</a></p>'
        case Talk(speeches):
            return "\n".join(
                f'<div class="talk"><p><strong>{escape(said.who)}</strong> <small>{escape(said.when)}</small>'
                f"<br>{_lines(said.text)}</p></div>"
                for said in speeches
            )
        case Rows(title, rows, total):
            foot = f"<tfoot>{_row(*total)}</tfoot>" if total else ""
            body = "".join(_row(label, value) for label, value in rows)
            return f"<table><caption>{escape(title)}</caption><tbody>{body}</tbody>{foot}</table>"


def _row(label: str, value: str) -> str:
    # the attributes keep the columns apart where the style sheet is dropped
    return f'<tr><th align="left" scope="row">{_lines(label)}</th><td align="right">{_lines(value)}</td></tr>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")

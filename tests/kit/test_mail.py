"""The one builder of mails: complete, readable, and not to be tricked."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.kit.mail import (
    Figure,
    Heading,
    Link,
    Mail,
    Mailbox,
    Paragraph,
    Rows,
    Speech,
    Talk,
    ascii_address,
    build,
    plain,
)

MAIL = Mail(
    sender=Mailbox("まどぐち商店 お客様窓口", "support@madoguchi.example"),
    recipient=Mailbox("佐藤 美咲", "misaki.sato@example.jp"),
    subject="商品のキャンセルが完了しました（ご注文番号 249-1234567-1234567）",
    lang="ja",
    message_id="M-7QK2M-90XTV.abcdefghijklmnopqrstuv@madoguchi.example",
    date=datetime(2026, 3, 3, 1, 0, tzinfo=UTC),
    letter=(
        Paragraph("佐藤 美咲 様"),
        Rows("ご返金", (("Visa", "5,580円"),), ("合計", "5,580円")),
        Figure("042917"),
        Heading("やりとりの内容"),
        Talk((Speech("鈴木", "10:00", "はい\n承知しました"),)),
        Link("ご注文の状況を見る", "https://help.example/orders/1?a=1&b=2"),
    ),
    foot=(Paragraph("まどぐち商店"),),
)
BLOCKS = [Heading, Paragraph, Figure, lambda x: Rows(x, ((x, x),), (x, x)), lambda x: Talk((Speech(x, x, x),))]


def arrived(mail: Mail) -> EmailMessage:
    """The mail as its reader's program sees it."""
    return message_from_bytes(build(mail).as_bytes(), policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_headers_say_who_to_whom_what_and_that_a_program_wrote() -> None:
    mail = arrived(MAIL)
    assert str(mail["From"]) == "まどぐち商店 お客様窓口 <support@madoguchi.example>"
    assert str(mail["To"]) == "佐藤 美咲 <misaki.sato@example.jp>"
    assert mail["Subject"] == MAIL.subject
    assert mail["Date"].datetime == MAIL.date
    assert mail["Message-ID"].strip() == f"<{MAIL.message_id}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "ja"
    assert mail.get_content_type() == "multipart/alternative"


def test_the_wire_is_plain_ascii_in_short_lines() -> None:
    raw = build(MAIL).as_bytes()
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_text_part_reads_by_itself() -> None:
    assert part(arrived(MAIL), "plain") == (
        "佐藤 美咲 様\n\nご返金\n  Visa：5,580円\n  ------------------------\n  合計：5,580円\n\n042917\n\n"
        "やりとりの内容\n\n"
        "鈴木  10:00\nはい\n承知しました\n\nご注文の状況を見る\nhttps://help.example/orders/1?a=1&b=2\n\n"
        "------------------------\nまどぐち商店\n"
    )


def test_other_languages_take_their_own_colon() -> None:
    assert plain([Rows("Refund", (("Visa", "$1"),))], "en") == "Refund\n  Visa: $1"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def tags(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    return parser


def test_the_html_part_loads_nothing_and_has_no_inline_style() -> None:
    html = part(arrived(MAIL), "html")
    found = tags(html)
    assert not {"img", "script", "link", "iframe", "object", "form"} & set(found.names)
    assert not {"src", "style", "background"} & {name for name, _ in found.attributes}
    assert "url(" not in html
    assert "@import" not in html
    assert [value for name, value in found.attributes if name == "href"] == ["https://help.example/orders/1?a=1&b=2"]
    assert '<html lang="ja">' in html


@pytest.mark.parametrize(
    "name",
    [
        "x\r\nBcc: all@example.jp",
        "x\nBcc: all@example.jp",
        "=?utf-8?q?x=0d=0aBcc:_all@example.jp?=",
        "==?=?utf-8?b?eA==?=",
        'x" <evil@example.jp>, "y',
        "evil@example.jp, x",
        "x (comment",
        "\x00\u202e\u2028Bcc: all@example.jp",
        "",
        "田" * 500,
        "\ud800",
    ],
)
def test_a_name_or_subject_cannot_become_a_header(name: str) -> None:
    mail = msgspec.structs.replace(MAIL, recipient=Mailbox(name, "misaki.sato@example.jp"), subject=name)
    message = arrived(mail)
    assert [to.addr_spec for to in message["To"].addresses] == ["misaki.sato@example.jp"]
    assert message["Bcc"] is None
    assert "\n" not in str(message["To"]) + str(message["Subject"])
    assert len(message["Message-ID"].strip()) == len(MAIL.message_id) + 2


@given(st.text())
def test_no_words_become_markup_or_headers(words: str) -> None:
    mail = msgspec.structs.replace(
        MAIL,
        recipient=Mailbox(words, "misaki.sato@example.jp"),
        subject=words,
        letter=tuple(block(words) for block in BLOCKS),
        foot=(),
    )
    message = arrived(mail)
    empty = arrived(msgspec.structs.replace(mail, letter=tuple(block("") for block in BLOCKS)))
    assert message.keys() == empty.keys()
    ours = {"br"}
    written = [tag for tag in tags(part(message, "html")).names if tag not in ours]
    assert written == [tag for tag in tags(part(empty, "html")).names if tag not in ours]


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("a@example.jp", "a@example.jp"),
        (" A.b+c@Example.JP ", "A.b+c@example.jp"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        ("さとう@example.jp", None),
        ("a@b", None),
        ("a@@example.jp", None),
        ("a@example.jp\r\nRCPT TO:<b@example.jp>", None),
        ("a b@example.jp", None),
        ("<a@example.jp>", None),
        ('"a b"@example.jp', None),
        ("a@example..jp", None),
        (".a@example.jp", None),
        ("a" * 65 + "@example.jp", None),
        ("a@" + "b" * 64 + ".jp", None),
        ("a@[127.0.0.1]", None),
        ("", None),
    ],
)
def test_addresses_that_mail_can_be_sent_to(typed: str, wire: str | None) -> None:
    assert ascii_address(typed) == wire


def test_no_mail_is_built_for_another_address() -> None:
    with pytest.raises(ValueError):
        build(msgspec.structs.replace(MAIL, recipient=Mailbox("x", "a@example.jp\nBcc: b@example.jp")))

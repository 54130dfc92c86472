"""What is worth a second look before it goes out."""

import pytest

from madoguchi.front.desk.checks import About, Check, checks, mentions_attachment

CALM = About(order_ref="MD-10234567", customer_seq=4, seen=5, attached=False)


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("写真を添付いたします。", True),
        ("添付の画像をご覧ください", True),
        ("ラベルを添付しております", True),
        ("お写真を添付してください。", False),
        ("添付いただいた写真を拝見しました", False),
        ("添付をお願いいたします", False),
        ("Please see the attached label.", True),
        ("I'm attaching a photo", True),
        ("Thanks for the photo you attached", False),
        ("Could you attach a photo?", False),
        ("附件是退货标签", True),
        ("请上传附件", False),
        ("사진을 첨부합니다", True),
        ("사진을 첨부해 주세요", False),
        ("お届けは木曜日です", False),
    ],
)
def test_an_attachment_is_mentioned(text: str, mentioned: bool) -> None:
    assert mentions_attachment(text) is mentioned


@pytest.mark.parametrize(
    ("text", "about", "found"),
    [
        ("かしこまりました。", CALM, ()),
        ("かしこまりました。", About("MD-10234567", 6, 5, attached=False), (Check.UNSEEN,)),
        ("ご注文 MD-10234567 の件です。", CALM, ()),
        ("ご注文 ｍｄー1023 4602 の件です。", CALM, (Check.ORDER,)),
        ("ご注文 MD-10234602 の件です。", About(None, 4, 5, attached=False), ()),
        ("写真を添付します。", CALM, (Check.ATTACHMENT,)),
        ("写真を添付します。", About("MD-10234567", 4, 5, attached=True), ()),
        ("MD-10234602 の写真を添付します。", About("MD-10234567", 6, 5, attached=False), tuple(Check)),
    ],
)
def test_reasons_to_look_again(text: str, about: About, found: tuple[Check, ...]) -> None:
    assert checks(text, about) == found

"""What is masked between a customer and a seller, in which disguises, and what is left alone."""

import time

import pytest

from madoguchi.core.threads.masking import MARK, Detail, masked

KNOWN = ("佐藤 美咲", "サトウ ミサキ", "さとう みさき", "佐藤", "神南1-2-3 コーポ窓口305", "Emma Wilson")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("電話は090-1234-5678です", Detail.PHONE),
        ("０９０－１２３４－５６７８", Detail.PHONE),
        ("〇九〇一二三四五六七八", Detail.PHONE),
        ("zero nine zero one two three four five six seven eight", Detail.PHONE),
        ("0 9 0 1 2 3 4 5 6 7 8", Detail.PHONE),
        ("注文 3 090-1234-5678", Detail.PHONE),
        ("0 9 0\u200b1234・5678", Detail.PHONE),
        ("O9O-1234-5678", Detail.PHONE),
        ("ゼロきゅうゼロ いちにさんよん ごろくななはち", Detail.PHONE),
        ("+81 90-1234-5678", Detail.PHONE),
        ("(03) 1234-5678", Detail.PHONE),
        ("call (415) 555-2671 please", Detail.PHONE),
        ("010-1234-5678", Detail.PHONE),
        ("공일공 일이삼사 오육칠팔", Detail.PHONE),
        ("13812345678", Detail.PHONE),
        ("090,1234,5678", Detail.PHONE),
        ("０９０、１２３４、５６７８", Detail.PHONE),
        ("090|1234|5678", Detail.PHONE),
        ("090: 1234 = 5678", Detail.PHONE),
        ("090+1234#5678", Detail.PHONE),
        ("mail taro@example.com", Detail.MAIL),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", Detail.MAIL),
        ("taro (at) example (dot) com", Detail.MAIL),
        ("taroアットマークexample.com", Detail.MAIL),
        ("taro☆gmail.com", Detail.MAIL),
        ("taro@gmail", Detail.MAIL),
        ("taro@example,com", Detail.MAIL),
        ("taro＠example。jp", Detail.MAIL),
        ("https://shop.example/x?y=1", Detail.LINK),
        ("hxxps://evil.com", Detail.LINK),
        ("www.evil.com/abc", Detail.LINK),
        ("evil dot shop まで", Detail.LINK),
        ("LINE ID: misaki_88", Detail.ACCOUNT),
        ("ラインのIDはmisaki.sです", Detail.ACCOUNT),
        ("ＬＩＮＥ misaki88", Detail.ACCOUNT),
        ("らいんで misaki88 まで", Detail.ACCOUNT),
        ("微信号 abc12345", Detail.ACCOUNT),
        ("카톡 아이디 misaki", Detail.ACCOUNT),
        ("インスタ @misaki_s", Detail.ACCOUNT),
        ("〒150-0041", Detail.ADDRESS),
        ("東京都渋谷区神南1-2-3 コーポ窓口305号室", Detail.ADDRESS),
        ("渋谷区神南一丁目2番3号", Detail.ADDRESS),
        ("12 Main Street, Apt 4", Detail.ADDRESS),
        ("서울시 강남구 테헤란로 12", Detail.ADDRESS),
        ("上海市黄浦区南京东路12号", Detail.ADDRESS),
        ("**** **** **** 1234", Detail.CARD),
        ("佐藤美咲と申します", Detail.NAME),
        ("サトウミサキ", Detail.NAME),
        ("佐 藤です", Detail.NAME),
        ("ミサキ サトウ", Detail.NAME),
        ("サトウです", Detail.NAME),
        ("さとうと申します", Detail.NAME),
        ("I'm Emma  Wilson.", Detail.NAME),
        ("Wilson, Emma", Detail.NAME),
        ("I am Emma and it broke", Detail.NAME),
        ("It broke.\n- Emma", Detail.NAME),
        ("Misaki Sato", Detail.NAME),
        ("ＳＡＴＯ　ＭＩＳＡＫＩ", Detail.NAME),
        ("satoh misaki", Detail.NAME),
        ("misaki.satou", Detail.NAME),
        ("S a t o  M i s a k i", Detail.NAME),
        ("Satō Misaki", Detail.NAME),
        ("misakiです", Detail.NAME),
        ("ask for misaki please", Detail.NAME),
        ("Sato ordered two", Detail.NAME),
        ("this is for sato-san", Detail.NAME),
    ],
)
def test_ways_to_reach_each_other_are_masked(text: str, detail: Detail) -> None:
    told = masked(text, KNOWN)
    assert detail in told.details
    assert MARK in told.text
    assert not any(
        piece in told.text.casefold()
        for piece in (
            "1234",
            "taro",
            "evil",
            "misaki",
            "佐藤",
            "サトウ",
            "さとう",
            "wilson",
            "emma",
            "sato",
            "satō",
            "神南",
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "MD-10234608 の注文",
        "追跡番号 1234-5678-9012",
        "お問い合わせ番号は 123456789012 です",
        "JAN 4902370548501",
        "10,000円で2026年3月3日に届きました",
        "2026-03-03 10:00",
        "1,000,000,000",
        "色は青と赤、サイズは20cm、容量300mlですか",
        "3個のうち1個が割れていました",
        "The line is broken at the rim. Please send a new one.",
        "한 개가 깨졌어요. 다시 보내 주세요",
        "请问什么时候发货？共2件",
        "丸1日たっても届きません",
        "Wilsonian",
        "13,812,345,678円",
        "ブドウサトウキビとさとうきびの違い",
        "色は2:白、3:黒、4:赤、5:青、6:緑、7:紫、8:金、9:銀から選べますか",
        "みさきの方が安かったです",
        "Apt",
        "a satin hat",
        "misakiware",
    ],
)
def test_what_is_said_about_goods_is_left_alone(text: str) -> None:
    assert masked(text, ("Wilson", "Apt 4", *KNOWN)) == masked(text)
    assert masked(text).text == text


NAMES: dict[str, tuple[list[str], list[str]]] = {  # as they are told, and what only looks like them
    "ハットリ ジュンコ": (["Hattori Junko", "junko hattori", "Zyunko", "hattori"], ["a hat and Junk"]),
    "オオタ シュンイチ": (["Shun'ichi Ohta", "OTA SHUNICHI", "shunichi", "Oota desu"], ["quota", "two ota"]),
    "ナンバ ユウキ": (["Yuki Namba", "nanba yuuki", "Nanba", "I'm Yuki", "ユウキ"], ["the Yuki pattern"]),
    "ナカムラ ユキ": (["Nakamura Yuki", "ユキと申します", "\n Yuki"], ["雪のようなユキの色", "a yuki plate"]),
    "はなだ はな": (["はなと申します", "Hanada", "はな様"], ["はなです", "花はなに", "hana柄"]),
    "ミネ タケ": (["Take Mine", "mine take", "ミネさん"], ["take it, it is mine", "Take care", "Dear mine"]),
    "アベ マイ": (["Mai Abe", "I'm Mai", "abe-san"], ["mais", "the Abe pin", "マイカップ", "あべこべ"]),
    "キム ミンジュン": (["kim minjun", "Minjun"], ["a kimono", "kimchi"]),
}


@pytest.mark.parametrize("kana", NAMES)
def test_a_name_is_found_as_its_reading_is_spelt_and_nothing_else(kana: str) -> None:
    found, left = NAMES[kana]
    assert [text for text in found if masked(text, [kana]).details != (Detail.NAME,)] == []
    assert [text for text in left if masked(text, [kana]).text != text] == []


def test_each_detail_is_masked_once_and_the_rest_stays() -> None:
    told = masked("佐藤です。090-1234-5678 か taro@example.com へ。皿が割れました。", KNOWN)
    assert told.text == f"{MARK}です。{MARK} か {MARK} へ。皿が割れました。"
    assert set(told.details) >= {Detail.NAME, Detail.PHONE, Detail.MAIL}


def test_masking_again_changes_nothing() -> None:
    once = masked("LINE: misaki88、東京都渋谷区神南1-2-3", KNOWN).text
    assert masked(once, KNOWN).text == once


@pytest.mark.parametrize(
    "text", ["a", "a.", "1 ", "0 ", "一", "市", "a@", "@", "12 a ", "に", "line ", "a-", ". ", "東京都"]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    masked(text * (4_000 // len(text)), KNOWN)
    assert time.process_time() - began < 0.5

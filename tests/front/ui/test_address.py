"""Where a request comes from."""

import pytest

from madoguchi.front.ui.address import address_of
from madoguchi.kit.settings import Settings

PROXIES = Settings(trusted_proxies=("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")).proxies


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # anybody may write a header
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),  # the left one is what the visitor wrote
        ("127.0.0.1", "192.0.2.9,198.51.100.1,10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("127.0.0.1", "198.51.100.1, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::1", "2001:41d0:1:2:aaaa::1", "2001:41d0:1:2::/64"),
        ("2001:41d0:1:2:bbbb::2", "", "2001:41d0:1:2::/64"),
        ("", "198.51.100.1", ""),
    ],
)
def test_proxies_are_believed_from_the_right(peer: str, forwarded: str, address: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == address


def test_without_proxies_nobody_is_believed() -> None:
    assert address_of("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"

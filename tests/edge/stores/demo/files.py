"""A tiny recorded shop of our own making, to be written as files, whole or spoilt."""

import gzip
import json
from pathlib import Path
from typing import Any

Files = dict[str, dict[str, Any]]

_ADDRESS = {
    "address1": "12 Harbour Lane",
    "address2": "Apt 3",
    "city": "Portland",
    "country": "USA",
    "state": "OR",
    "zip": "97201",
}
_MUG = {"name": "Mug", "product_id": "P1", "item_id": "I1", "price": 12.5, "options": {"colour": "blue"}}
_LAMP = {"name": "Lamp", "product_id": "P2", "item_id": "I2", "price": 80.05, "options": {}}

_SHOP: Files = {
    "orders": {
        "#A1": {
            "order_id": "#A1",
            "user_id": "ada",
            "address": _ADDRESS,
            "items": [_MUG, _LAMP, _MUG],
            "fulfillments": [],
            "status": "pending",
            "payment_history": [
                {"transaction_type": "payment", "amount": 60.0, "payment_method_id": "gift1"},
                {"transaction_type": "payment", "amount": 45.05, "payment_method_id": "card1"},
            ],
        },
        "#A2": {
            "order_id": "#A2",
            "user_id": "ada",
            "address": _ADDRESS,
            "items": [_MUG, _MUG],
            "fulfillments": [
                {"tracking_id": ["100000000001"], "item_ids": ["I1"]},
                {"tracking_id": ["100000000002"], "item_ids": ["I1"]},
            ],
            "status": "delivered",
            "payment_history": [{"transaction_type": "payment", "amount": 25.0, "payment_method_id": "paypal1"}],
        },
        "#B1": {
            "order_id": "#B1",
            "user_id": "ben",
            "address": _ADDRESS,
            "items": [_LAMP],
            "fulfillments": [{"tracking_id": ["100000000003"], "item_ids": ["I2"]}],
            "status": "cancelled",
            "payment_history": [
                {"transaction_type": "payment", "amount": 80.05, "payment_method_id": "gift2"},
                {"transaction_type": "refund", "amount": 80.05, "payment_method_id": "gift2"},
            ],
        },
        "#B2": {
            "order_id": "#B2",
            "user_id": "ben",
            "address": _ADDRESS,
            "items": [_LAMP],
            "fulfillments": [{"tracking_id": ["100000000004"], "item_ids": ["I2"]}],
            "status": "processed",
            "payment_history": [{"transaction_type": "payment", "amount": 80.05, "payment_method_id": "gift2"}],
        },
    },
    "products": {
        "P1": {
            "name": "Mug",
            "product_id": "P1",
            "variants": {
                "I1": {"item_id": "I1", "options": {"colour": "blue"}, "available": True, "price": 12.5},
                "I3": {"item_id": "I3", "options": {"colour": "red"}, "available": False, "price": 13},
            },
        },
        "P2": {
            "name": "Lamp",
            "product_id": "P2",
            "variants": {"I2": {"item_id": "I2", "options": {}, "available": True, "price": 80.05}},
        },
    },
    "users": {
        "ada": {
            "name": {"first_name": "Ada", "last_name": "Marsh"},
            "address": _ADDRESS,
            "email": "ada.marsh@example.com",
            "payment_methods": {
                "gift1": {"source": "gift_card", "id": "gift1", "balance": 5},
                "card1": {"source": "credit_card", "id": "card1", "brand": "visa", "last_four": "4242"},
                "paypal1": {"source": "paypal", "id": "paypal1"},
            },
            "orders": ["#A2", "#A1"],
        },
        "ben": {
            "name": {"first_name": "Ben", "last_name": "Ito"},
            "address": _ADDRESS,
            "email": "ben.ito@example.com",
            "payment_methods": {"gift2": {"source": "gift_card", "id": "gift2", "balance": 0.1}},
            "orders": ["#B1", "#B2"],
        },
    },
}


def shop() -> Files:
    """The shop, to be changed at will."""
    return dict(json.loads(json.dumps(_SHOP)))


def write(directory: Path, files: Files, *, zipped: bool = True) -> Path:
    """The folder with the three files."""
    for name, records in files.items():
        text = json.dumps(records).encode()
        if zipped:
            (directory / f"{name}.json.gz").write_bytes(gzip.compress(text))
        else:
            (directory / f"{name}.json").write_bytes(text)
    return directory

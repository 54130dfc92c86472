"""The demo store: a whole small shop behind the store port, in a schema of its own, called like a remote one.

`store.DemoStore` is the adapter; `world` fills the shop "demo" with people and orders, `importing` loads the shop
"retail" from files. Everything is pure data and rules here except queries.py and verbs.py. Nothing joins our
transactions: it has its own connections under the role madoguchi_store.
"""

"""Madoguchi (窓口): the customer service of an online shop as one program."""

__version__ = "0.1.0"

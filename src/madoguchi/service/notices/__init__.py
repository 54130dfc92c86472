"""Notices: what the shop tells a customer by itself, kept in the message centre and sent by mail.

A notice is a reaction: an event chooses a template, the template becomes a message, the message a delivery. Called by
app.py (jobs) and the doors (message centre). Codes are mailed but never kept: their message says that one was sent.
"""

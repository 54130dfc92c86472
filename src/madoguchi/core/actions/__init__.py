"""The catalogue of everything that can be done: one verb, many doors.

A service room registers its entries in its actions.py; the bot, the pages, the desk, the API and the command line
find and run them here, through the same check, quote and confirmation. Look-ups are actions too.
"""

"""Threads: a customer and a marketplace seller talk within a case, by alias; what is asked is to be answered in time.

Called by the rooms that ask sellers, and by the doors. Events: threads.asked, threads.answered, threads.silent.
"""

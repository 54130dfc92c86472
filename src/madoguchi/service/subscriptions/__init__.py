"""Memberships and regular deliveries: leave one out, change them, end them as easily as they were begun.

Registers subscription.list, .skip, .change_interval, .change_plan and .cancel, and balance.show.
"""

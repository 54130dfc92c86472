"""Kills: the program and its Postgres end without warning while customers and associates write and cancel.

`python -m bench.faults --kills 50 --seed 1`.
"""

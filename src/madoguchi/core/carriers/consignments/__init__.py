"""Consignments: parcels that customers send back, announced to a carrier, which gives the number and a 2D code.

Whoever agrees that something comes back calls `verbs.consign`, under an id of their own; `jobs.Announcer` asks the
carrier and tells them the number. Others read `queries.access_consignment`.
"""

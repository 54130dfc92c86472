"""Consignments: parcels that customers send back, announced to a carrier, which gives the number and a 2D code.

Whoever agrees that something comes back calls `verbs.consign`, under an id of their own; `jobs.Announcer` asks the
carrier and tells them the number. What is not sent after all is taken back by `verbs.withdraw`. Others read
`queries.access_consignment`.
"""

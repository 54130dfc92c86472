"""Consignments: parcels that customers send back or are sent back to them, asked of a carrier, which numbers them.

Whoever agrees that something is sent calls `verbs.consign`, under an id of their own; `jobs.Announcer` asks the
carrier and tells them the number. What is not sent after all is taken back by `verbs.withdraw`. Others read
`queries.access_consignment`.
"""

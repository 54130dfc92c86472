"""The bot: it understands, asks for what is missing, does what the catalogue allows, and hands over to people.

It knows core.actions and no other service room: what can be done is found there by contact reason. Its memory is the
case's; nothing but its own process is lost with a restart. Called by the web process after a customer's message and
by a sweeper.
"""

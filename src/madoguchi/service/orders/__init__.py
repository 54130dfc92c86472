"""Orders as customers ask about them: where is it, and stop it. Registers order.show and order.cancel.

Called through core.actions only. Leaves no events of its own: requests.settled tells of cancellations.
"""

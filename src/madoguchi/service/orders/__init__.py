"""Orders as customers ask about them: where is it, stop it, change it, once more.

Called through core.actions only. Leaves no events of its own: requests.settled tells how a change ended.
"""

"""Who there is: stores, customers, staff, and the sessions by which they are known.

Called by every door. Customers come from the store's mirror or arrive as guests; an identity level says how sure
we are (0 guest, 1 claimed, 2 proven contact, 3 signed in at the shop).
"""

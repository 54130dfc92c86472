-- An order's page tells what was paid back early for it, settled or not, oldest first.
create index ledger_advances_order on ledger_advances (order_id, id);

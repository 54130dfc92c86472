-- Beside receipts, credit notes for what was given back; each kind of an order has its own first issue.
alter table receipts add column kind text not null default 'receipt' check (kind in ('receipt', 'credit_note'));
alter table receipts alter column kind drop default;
alter table receipts drop constraint receipts_order_id_issue_key;
alter table receipts add unique (order_id, kind, issue);

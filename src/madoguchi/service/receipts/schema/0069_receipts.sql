-- A document that was handed out, as it was; the first issue of an order is 1, the others are marked as issued again.
create table receipts (
  id        uuid primary key,
  number    text not null unique,
  order_id  uuid not null references orders,
  issue     int not null check (issue > 0),
  document  jsonb not null,
  issued_at timestamptz not null,
  unique (order_id, issue)
);
alter table receipts enable row level security;
create policy receipts_own on receipts to madoguchi_app
  using (is_ours() or exists (select 1 from orders where orders.id = order_id));
grant select, insert on receipts to madoguchi_app;

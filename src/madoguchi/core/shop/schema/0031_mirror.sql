-- The store's orders as the store tells them: a document with the store's version, and what lists and locks need.
-- Entitlement stands in core.ledger, never here.
create table orders (
  id          uuid primary key,
  store_id    text not null references stores,
  store_ref   text not null,
  customer_id uuid not null references customers,
  version     int not null,
  state       text not null,
  placed_at   timestamptz not null,
  document    jsonb not null,
  synced_at   timestamptz not null,
  unique (store_id, store_ref)
);
create index orders_customer on orders (customer_id, placed_at desc, id desc);
alter table orders enable row level security;
create policy orders_own on orders to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on orders to madoguchi_app;
alter table cases add foreign key (order_id) references orders;

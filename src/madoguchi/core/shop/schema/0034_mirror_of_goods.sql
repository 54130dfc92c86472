-- What drafts need besides orders, as the store tells it: goods with their stock, and what a customer can pay with.
create table products (
  store_id  text not null references stores,
  store_ref text not null,
  version   int not null,
  document  jsonb not null,
  synced_at timestamptz not null,
  primary key (store_id, store_ref)
);
grant select, insert, update on products to madoguchi_app;

create table customer_facts (
  customer_id uuid primary key references customers,
  version     int not null,
  document    jsonb not null,
  synced_at   timestamptz not null
);
alter table customer_facts enable row level security;
create policy customer_facts_own on customer_facts to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on customer_facts to madoguchi_app;

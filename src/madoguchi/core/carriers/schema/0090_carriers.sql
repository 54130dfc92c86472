-- Our mirror of what carriers tell: parcels with what can be asked of them, and how far their news was read.
create table carrier_parcels (
  carrier     text not null,
  number      text not null,
  customer_id uuid not null references customers,    -- who gets it, or sends it back
  order_id    uuid references orders,
  document    jsonb not null,
  synced_at   timestamptz not null,
  ask_again   boolean not null default false,        -- what can be asked of it has changed since
  primary key (carrier, number)
);
create index carrier_parcels_customer on carrier_parcels (customer_id);
create index carrier_parcels_order on carrier_parcels (order_id);
create index carrier_parcels_ask_again on carrier_parcels (carrier) where ask_again;

create table carrier_cursors (
  carrier text primary key,
  cursor  text not null
);

-- orders whose parcels somebody carries: these are asked about
create index orders_on_the_way on orders (store_id) where state in ('partly_shipped', 'shipped');

-- a parcel is arranged by one wish at a time
create unique index requests_one_open_parcel on requests (store_id, subject)
  where settled_at is null and subject like 'parcel:%';

alter table carrier_parcels enable row level security;
alter table carrier_cursors enable row level security;
create policy carrier_parcels_own on carrier_parcels to madoguchi_app using (acts_for(customer_id));
create policy carrier_cursors_ours on carrier_cursors to madoguchi_app using (acts_for(null));
grant select, insert, update on carrier_parcels, carrier_cursors to madoguchi_app;

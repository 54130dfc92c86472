-- What customers send back by a carrier. The id is that of what it belongs to, and the key under which it is announced.
create table carrier_consignments (
  id           uuid primary key,
  customer_id  uuid not null references customers,
  order_id     uuid not null references orders,
  document     jsonb not null,
  carrier      text,                        -- once it was announced
  number       text,
  paperless    text,                        -- stands in the 2D code that replaces a printed label
  refused      text,                        -- why no carrier takes it; the goods can still be sent by hand
  announced_at timestamptz,
  unique (carrier, number),
  check ((number is null) = (carrier is null) and (number is null) = (announced_at is null)),
  check (refused is null or number is null)
);
create index carrier_consignments_customer on carrier_consignments (customer_id, id desc);

alter table carrier_consignments enable row level security;
create policy carrier_consignments_own on carrier_consignments to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on carrier_consignments to madoguchi_app;

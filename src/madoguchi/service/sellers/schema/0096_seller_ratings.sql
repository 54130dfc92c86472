-- What a customer thinks of how a seller handled an order: one rating for an order, which may change.
create table seller_ratings (
  id          uuid primary key,
  seller_id   uuid not null references sellers,
  customer_id uuid not null references customers,
  order_id    uuid not null unique references orders,
  stars       int not null check (stars between 1 and 5),
  comment     text not null default '',   -- without contact details, as the seller reads it
  rated_at    timestamptz not null,
  changed_at  timestamptz not null
);
create index seller_ratings_seller on seller_ratings (seller_id, changed_at desc);
alter table seller_ratings enable row level security;
create policy seller_ratings_own on seller_ratings to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on seller_ratings to madoguchi_app;

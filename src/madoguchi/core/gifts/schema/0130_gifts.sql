-- A present whose code was shown: by whom, once. What a recipient wishes about it names the row with order and customer,
-- so that the database knows that it is their present and nobody else's.
create table gifts (
  id          uuid primary key,
  number      text not null unique,
  store_id    text not null references stores,
  order_id    uuid not null unique references orders,
  customer_id uuid not null references customers,  -- who got it
  redeemed_at timestamptz not null,
  unique (id, order_id, customer_id)
);
create index gifts_customer on gifts (customer_id, id desc);

-- How often somebody showed a code that nobody knows; of the code itself nothing is kept.
create table gift_misses (
  customer_id uuid primary key references customers,
  since       timestamptz not null,
  misses      int not null check (misses > 0)
);

alter table gifts enable row level security;
create policy gifts_own on gifts to madoguchi_app using (acts_for(customer_id));
alter table gift_misses enable row level security;
create policy gift_misses_own on gift_misses to madoguchi_app using (acts_for(customer_id));
grant select, insert on gifts to madoguchi_app;
grant select, insert, update on gift_misses to madoguchi_app;

-- Goods that come back, and what goes out for them: announced, put in the shelf again, held until they are there.
alter table demo_store.order_lines
  add announced int not null default 0 check (announced >= 0),
  add restocked int not null default 0 check (restocked between 0 and shipped);

alter table demo_store.orders
  add exchanges text,                      -- the order of which goods come back
  add held      boolean not null default false,
  add pays_at   timestamptz;               -- when the customer pays what is still to be paid; null: not by itself
create index orders_pays on demo_store.orders (shop_id, pays_at) where state = 'pending_payment';

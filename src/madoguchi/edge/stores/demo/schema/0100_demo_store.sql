-- The demo store's own database: shops side by side, which the store's role alone may touch.
create schema demo_store;

create table demo_store.shops (
  id          text primary key,
  currency    text not null check (length(currency) = 3),
  told_until  timestamptz not null,        -- what carriers report after this moment is not known yet
  last_change bigint not null default 0,   -- grows in the order of commits: its row is locked to the end of a change
  fingerprint text                         -- sha256 of the files the shop was loaded from
);

create table demo_store.sellers (
  shop_id text not null references demo_store.shops on delete cascade,
  ref     text not null,
  name    text not null,
  address text not null,
  primary key (shop_id, ref)
);

create table demo_store.products (
  shop_id    text not null references demo_store.shops on delete cascade,
  ref        text not null,
  position   int not null,
  name       text not null,
  category   text not null,
  flags      text[] not null,
  seller_ref text,
  primary key (shop_id, ref),
  foreign key (shop_id, seller_ref) references demo_store.sellers
);

create table demo_store.variants (
  shop_id     text not null,
  sku         text not null,
  product_ref text not null,
  position    int not null,
  options     jsonb not null,
  price       bigint not null check (price >= 0),
  available   boolean not null,
  stock       int check (stock >= 0),      -- null: not counted
  primary key (shop_id, sku),
  foreign key (shop_id, product_ref) references demo_store.products on delete cascade
);
create index variants_product on demo_store.variants (shop_id, product_ref);

create table demo_store.customers (
  shop_id     text not null references demo_store.shops on delete cascade,
  ref         text not null,
  name        text not null,
  kana        text not null,
  given_name  text not null,
  family_name text not null,
  email       text not null,
  locale      text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  phone       text,
  address     jsonb,
  version     int not null check (version > 0),
  primary key (shop_id, ref)
);
create index customers_email on demo_store.customers (shop_id, lower(email));

create table demo_store.payment_methods (
  shop_id      text not null,
  customer_ref text not null,
  ref          text not null,
  kind         text not null,
  label        text not null,
  balance      bigint check (balance >= 0),  -- null: holds no money
  details      jsonb not null,
  primary key (shop_id, customer_ref, ref),
  foreign key (shop_id, customer_ref) references demo_store.customers on delete cascade
);

create table demo_store.subscriptions (
  shop_id      text not null,
  ref          text not null,
  customer_ref text not null,
  name         text not null,
  kind         text not null check (kind in ('membership', 'regular_delivery')),
  state        text not null check (state in ('active', 'ends_at_renewal', 'ended')),
  price        bigint not null check (price >= 0),
  interval     text not null,
  started_at   timestamptz not null,
  renews_at    timestamptz,
  primary key (shop_id, ref),
  foreign key (shop_id, customer_ref) references demo_store.customers on delete cascade
);
create index subscriptions_customer on demo_store.subscriptions (shop_id, customer_ref);

create table demo_store.orders (
  shop_id          text not null,
  ref              text not null,
  customer_ref     text not null,
  version          int not null check (version > 0),
  state            text not null check (state in
    ('pending_payment', 'paid', 'preparing', 'partly_shipped', 'shipped', 'delivered', 'cancelled')),
  status_text      text not null,
  placed_at        timestamptz not null,
  shipping_fee     bigint not null check (shipping_fee >= 0),
  total            bigint not null check (total >= 0),
  address          jsonb not null,
  seller_ref       text,
  is_gift          boolean not null,
  is_business      boolean not null,
  subscription_ref text,
  delivery_speed   text not null,
  cancel_until     timestamptz,
  promised_from    timestamptz,
  promised_until   timestamptz,
  cancel_reason    text,
  -- what the warehouse will do; customers are not told
  allocate_at      timestamptz,
  ships_at         timestamptz,
  may_stop         boolean not null,       -- a cancellation asked for while preparing comes in time
  primary key (shop_id, ref),
  foreign key (shop_id, customer_ref) references demo_store.customers on delete cascade,
  foreign key (shop_id, seller_ref) references demo_store.sellers
);
create index orders_customer on demo_store.orders (shop_id, customer_ref);
create index orders_allocate on demo_store.orders (shop_id, allocate_at) where state = 'paid';
create index orders_ship on demo_store.orders (shop_id, ships_at) where state = 'preparing';

create table demo_store.order_lines (
  shop_id     text not null,
  order_ref   text not null,
  ref         text not null,
  position    int not null,
  sku         text not null,
  product_ref text not null,
  name        text not null,
  options     jsonb not null,
  quantity    int not null check (quantity > 0),
  unit_price  bigint not null check (unit_price >= 0),
  total       bigint not null check (total >= 0),
  tax         bigint not null check (tax >= 0),
  flags       text[] not null,
  cancelled   int not null check (cancelled >= 0),
  shipped     int not null check (shipped >= 0),
  delivered   int not null check (delivered between 0 and shipped),
  primary key (shop_id, order_ref, ref),
  foreign key (shop_id, order_ref) references demo_store.orders on delete cascade,
  check (cancelled + shipped <= quantity)
);

create table demo_store.tenders (
  shop_id        text not null,
  order_ref      text not null,
  ref            text not null,
  position       int not null,
  kind           text not null,
  method_ref     text not null,
  label          text not null,
  amount         bigint not null check (amount >= 0),
  captured       bigint not null check (captured between 0 and amount),
  refunded       bigint not null check (refunded between 0 and captured),
  pay_by         timestamptz,
  payment_number text,
  primary key (shop_id, order_ref, ref),
  foreign key (shop_id, order_ref) references demo_store.orders on delete cascade
);
create index tenders_deadline on demo_store.tenders (shop_id, pay_by) where pay_by is not null;

create table demo_store.payments (
  id         bigint generated always as identity primary key,
  shop_id    text not null,
  order_ref  text not null,
  tender_ref text not null,
  kind       text not null check (kind in ('payment', 'refund')),
  method_ref text not null,                -- where the money came from or went to
  amount     bigint not null check (amount >= 0),
  at         timestamptz not null,
  foreign key (shop_id, order_ref, tender_ref) references demo_store.tenders on delete cascade
);
create index payments_order on demo_store.payments (shop_id, order_ref);

create table demo_store.shipments (
  shop_id              text not null,
  order_ref            text not null,
  ref                  text not null,
  carrier              text not null,
  tracking_number      text not null,
  shipped_at           timestamptz,
  promised_from        timestamptz,
  promised_until       timestamptz,
  first_promised_until timestamptz,
  delivered_at         timestamptz,
  left_at              text,
  primary key (shop_id, order_ref, ref),
  foreign key (shop_id, order_ref) references demo_store.orders on delete cascade
);
create index shipments_awaited on demo_store.shipments (shop_id, promised_until) where delivered_at is null;

create table demo_store.shipment_lines (
  shop_id      text not null,
  order_ref    text not null,
  shipment_ref text not null,
  line_ref     text not null,
  units        int not null check (units > 0),
  primary key (shop_id, order_ref, shipment_ref, line_ref),
  foreign key (shop_id, order_ref, shipment_ref) references demo_store.shipments on delete cascade,
  foreign key (shop_id, order_ref, line_ref) references demo_store.order_lines on delete cascade
);

create table demo_store.tracking_events (
  shop_id      text not null,
  order_ref    text not null,
  shipment_ref text not null,
  at           timestamptz not null,       -- may lie ahead: the carrier will report it then
  state        text not null,
  place        text not null,
  primary key (shop_id, order_ref, shipment_ref, at),
  foreign key (shop_id, order_ref, shipment_ref) references demo_store.shipments on delete cascade
);
create index tracking_events_at on demo_store.tracking_events (shop_id, at);

-- Every write that was ever asked for, by the asker's key.
create table demo_store.operations (
  shop_id   text not null references demo_store.shops on delete cascade,
  key       text not null,
  request   text not null,                 -- sha256: the same key must mean the same request
  order_ref text not null,
  lines     jsonb,                         -- line ref -> units; null: the whole order
  reason    text not null,
  state     text not null check (state in ('pending', 'succeeded', 'failed')),
  code      text,
  refunds   jsonb not null default '{}',   -- tender ref -> minor units
  made_at   timestamptz not null,
  decide_at timestamptz,
  primary key (shop_id, key),
  check ((state = 'pending') = (decide_at is not null))
);
create index operations_undecided on demo_store.operations (shop_id, decide_at) where state = 'pending';

-- The latest change of each thing; readers go on from a number.
create table demo_store.changes (
  shop_id text not null references demo_store.shops on delete cascade,
  kind    text not null check (kind in ('customer', 'order')),
  ref     text not null,
  seq     bigint not null,
  primary key (shop_id, kind, ref)
);
create unique index changes_seq on demo_store.changes (shop_id, seq);

create function demo_store.amount_in(amount bigint, currency text) returns jsonb language sql stable
  return jsonb_build_object('amount', amount, 'currency', currency);

grant usage on schema demo_store to madoguchi_store;
grant select, insert, update, delete on all tables in schema demo_store to madoguchi_store;

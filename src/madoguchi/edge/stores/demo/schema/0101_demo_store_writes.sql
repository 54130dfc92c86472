-- The store takes every change before delivery: one table of writes, whatever they ask for.
alter table demo_store.operations rename column order_ref to subject;
alter table demo_store.operations
  add arguments jsonb,                     -- the write as it was asked for; the same key must mean the same
  add charges jsonb not null default '{}', -- method ref -> minor units
  add created text;                        -- the number of the order or the credit that was made
-- the version of an earlier cancellation was not kept: asked for again it fails, asked after it is found
update demo_store.operations set arguments = jsonb_build_object(
  'kind', 'cancel', 'ref', subject, 'version', 0, 'lines', lines, 'reason', reason);
alter table demo_store.operations
  alter arguments set not null,
  add kind text generated always as (arguments ->> 'kind') stored,
  drop request, drop lines, drop reason;

alter table demo_store.shops add last_number bigint not null default 0;  -- of orders and credits made here

alter table demo_store.products add version int not null default 1 check (version > 0);

alter table demo_store.orders
  add gift     jsonb,
  add coupon   text,
  add replaces text;

-- What a subscription can be changed to: the plans of its kind.
create table demo_store.plans (
  shop_id  text not null references demo_store.shops on delete cascade,
  ref      text not null,
  kind     text not null,
  name     text not null,
  price    bigint not null check (price >= 0),
  interval text not null,
  primary key (shop_id, ref)
);

alter table demo_store.subscriptions
  add period_started_at timestamptz,
  add next_delivery_at  timestamptz,
  add used              boolean not null default false,
  add order_ref         text,
  add plan_ref          text,
  add intervals         text[] not null default '{}',
  add foreign key (shop_id, order_ref) references demo_store.orders deferrable initially deferred;
create index subscriptions_ending on demo_store.subscriptions (shop_id, renews_at) where state = 'ends_at_renewal';

create table demo_store.coupons (
  shop_id      text not null,
  customer_ref text not null,
  code         text not null,
  value        bigint not null check (value > 0),
  minimum      bigint not null check (minimum >= 0),
  valid_until  timestamptz not null,
  order_ref    text,                       -- the order on which it was used
  primary key (shop_id, customer_ref, code),
  foreign key (shop_id, customer_ref) references demo_store.customers on delete cascade
);

create table demo_store.credits (
  shop_id      text not null,
  ref          text not null,
  customer_ref text not null,
  method_ref   text not null,
  amount       bigint not null check (amount > 0),
  note         text not null,
  at           timestamptz not null,
  primary key (shop_id, ref),
  foreign key (shop_id, customer_ref, method_ref) references demo_store.payment_methods on delete cascade
);

alter table demo_store.changes drop constraint changes_kind_check;
alter table demo_store.changes add constraint changes_kind_check check (kind in ('product', 'customer', 'order'));
-- readers that came by before hear of goods, and once more of customers, now that more is told of them
with announced as (
    select shop_id, 'product' as kind, ref, 1 as first from demo_store.products
    union all select shop_id, 'customer', ref, 2 from demo_store.customers),
  numbered as (select *, row_number() over (partition by shop_id order by first, ref) as n from announced),
  log as (
    update demo_store.shops s set last_change = last_change + counted.n
    from (select shop_id, count(*) as n from announced group by shop_id) counted
    where counted.shop_id = s.id returning s.id, s.last_change - counted.n as last)
insert into demo_store.changes (shop_id, kind, ref, seq)
select numbered.shop_id, kind, ref, last + n from numbered join log on log.id = numbered.shop_id
on conflict (shop_id, kind, ref) do update set seq = excluded.seq;

grant select, insert, update, delete on all tables in schema demo_store to madoguchi_store;

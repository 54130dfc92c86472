-- Money paid back before it was sure that it was owed: a parcel that may still turn up, a return that is on its way. Its
-- refunds are intents like any others; the row says what is waited for, until when, and how it was called back. What is
-- taken again goes by the provider that took the order's payment, under the key of the wish that agreed to it (I8).
create table ledger_advances (
  id           uuid primary key,             -- the request that paid it: one advance a wish
  number       text not null unique,
  store_id     text not null references stores,
  customer_id  uuid not null references customers,
  order_id     uuid not null references orders,
  subject      text not null,                -- what is waited for: parcel:<ref>, return:<id>
  tender_ref   text not null,
  tender_label text not null,
  amount       bigint not null check (amount > 0),
  currency     text not null,
  state        text not null check (state in ('paid', 'final', 'recovered', 'recharge_due', 'charged', 'forgiven')),
  coming_back  boolean not null default false,  -- the goods are there, and are being sent back
  due_at       timestamptz not null,         -- paid: until when it may turn up, or must be back; due: until when to pay
  reminded     int not null default 0,
  charge_key   uuid,                         -- the wish that agreed to be charged, while that is open and once it went
  attempts     int not null default 0,
  charge_ref   text unique,                  -- the provider's name for the charge
  code         text,                         -- why the last charge was declined
  decided_by   uuid references staff,        -- who forgave it, or had the goods back
  note         text not null default '',
  paid_at      timestamptz not null,
  settled_at   timestamptz,
  foreign key (order_id, tender_ref) references ledger_tenders,
  check ((state in ('paid', 'recharge_due')) = (settled_at is null)),
  check ((state = 'charged') = (charge_ref is not null)),
  check (state <> 'charged' or charge_key is not null),
  check (charge_key is null or state in ('recharge_due', 'charged')),
  check (state not in ('forgiven', 'recovered') or decided_by is not null)
);
create unique index ledger_advances_open on ledger_advances (order_id, subject) where settled_at is null;
create unique index ledger_advances_charge on ledger_advances (charge_key) where charge_key is not null;
create index ledger_advances_customer on ledger_advances (customer_id, id desc);
create index ledger_advances_due on ledger_advances (due_at) where settled_at is null;

alter table ledger_advances enable row level security;
create policy ledger_advances_own on ledger_advances to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on ledger_advances to madoguchi_app;

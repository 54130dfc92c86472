-- What a customer told us went wrong, and what became of it. A request carries it; while it waits for a parcel, the row
-- says until when, and is read again at that moment.
create table claims (
  id          uuid primary key,
  customer_id uuid not null references customers,
  order_id    uuid references orders,          -- null: a charge that is none of the customer's orders
  parcel_ref  text,
  problem     text not null check (problem in ('not_received', 'late', 'misdelivered', 'unknown_charge', 'defective',
                                               'damaged', 'wrong_item', 'missing_part')),
  remedy      text check (remedy in ('resend', 'refund')),
  units       jsonb not null,                  -- line ref → units
  checked     jsonb not null,                  -- the places that were looked at
  refund_to   text,
  amount      bigint not null check (amount >= 0),
  currency    text not null,
  state       text not null check (state in ('reported', 'waiting', 'needs_approval', 'granted', 'done', 'denied',
                                             'withdrawn', 'found', 'failed', 'overtaken')),
  request_id  uuid not null references requests deferrable initially deferred,  -- the newest one
  made_at     timestamptz not null,
  due_at      timestamptz,
  granted_at  timestamptz,
  changed_at  timestamptz not null,
  check ((state = 'waiting') <= (due_at is not null)),
  check ((state in ('granted', 'done')) <= (granted_at is not null))
);
-- I2: one living claim for a parcel; units of lines are guarded by the ledger
create unique index claims_one_of_a_parcel on claims (order_id, parcel_ref)
  where parcel_ref is not null and state in ('reported', 'waiting', 'needs_approval', 'granted', 'done');
create index claims_customer on claims (customer_id, granted_at);
create index claims_request on claims (request_id);
create index claims_due on claims (due_at) where state = 'waiting';

alter table claims enable row level security;
create policy claims_own on claims to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on claims to madoguchi_app;

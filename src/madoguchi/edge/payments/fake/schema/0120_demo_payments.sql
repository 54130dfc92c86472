-- The fake payment provider's own database, which its role alone may touch.
create schema demo_payments;

create table demo_payments.payments (
  ref      text primary key,
  kind     text not null,
  currency text not null check (length(currency) = 3),
  captured bigint not null check (captured >= 0),
  refunded bigint not null default 0,
  taken_at timestamptz not null,
  check (refunded between 0 and captured)
);

-- Every refund that was ever asked for, by the asker's key; one refused at once has no ref and moved no money.
create table demo_payments.refunds (
  key         text primary key,
  request     text not null,               -- sha256: the same key must mean the same request
  ref         text not null,
  payment_ref text not null,
  amount      bigint not null,
  currency    text not null,
  state       text not null check (state in ('pending', 'succeeded', 'failed')),
  code        text,
  made_at     timestamptz not null,
  decides_at  timestamptz,                 -- while pending
  fails_at    timestamptz                  -- sent back by the bank then, though it succeeded
);
create unique index refunds_ref on demo_payments.refunds (ref) where ref <> '';
create index refunds_made on demo_payments.refunds (made_at);
create index refunds_due on demo_payments.refunds (coalesce(decides_at, fails_at))
  where decides_at is not null or fails_at is not null;

create table demo_payments.webhooks (
  id      bigint generated always as identity primary key,
  key     text not null references demo_payments.refunds,
  made_at timestamptz not null
);

grant usage on schema demo_payments to madoguchi_payments;
grant select, insert, update, delete on all tables in schema demo_payments to madoguchi_payments;

-- Every charge that was ever asked for, by the asker's key; one that was declined has no ref and moved no money.
create table demo_payments.charges (
  key         text primary key,
  request     text not null,               -- sha256: the same key must mean the same request
  ref         text not null,
  payment_ref text not null,
  amount      bigint not null,
  currency    text not null,
  state       text not null check (state in ('succeeded', 'failed')),
  code        text,
  made_at     timestamptz not null,
  check ((state = 'failed') = (code is not null)),
  check ((state = 'succeeded') = (ref <> ''))
);
create unique index charges_ref on demo_payments.charges (ref) where ref <> '';
grant select, insert on demo_payments.charges to madoguchi_payments;

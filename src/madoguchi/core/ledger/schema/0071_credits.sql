-- I4: credit beyond what was paid, which no tender covers. Set aside when it is granted, given once the store has issued
-- it, else released; one row a request (I8).
create table ledger_credits (
  request_id  uuid primary key references requests deferrable initially deferred,
  customer_id uuid not null references customers,
  amount      bigint not null check (amount > 0),
  currency    text not null,
  state       text not null check (state in ('reserved', 'given', 'released')),
  outside_ref text,                                  -- the store's number of it
  reserved_at timestamptz not null,
  settled_at  timestamptz,
  check ((state = 'reserved') = (settled_at is null)),
  check ((outside_ref is not null) <= (state = 'given'))
);
create index ledger_credits_customer on ledger_credits (customer_id);

alter table ledger_credits enable row level security;
create policy ledger_credits_own on ledger_credits to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on ledger_credits to madoguchi_app;

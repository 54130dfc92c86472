-- What staff grant beyond the rules: who asked, who gave, to whom, why. The limits are sums over these rows, taken under
-- a lock on the customer and on the giver.
create table goodwill_grants (
  request_id  uuid primary key references requests deferrable initially deferred,
  customer_id uuid not null references customers,
  case_id     uuid not null references cases,
  order_id    uuid references orders,
  amount      bigint not null check (amount > 0),
  currency    text not null,
  reason      text not null,
  note        text not null,
  state       text not null check (state in ('waiting', 'granted', 'given', 'ended')),
  asked_by    uuid not null references staff,
  given_by    uuid references staff,          -- whose limits it counts against: who asked, or who agreed
  asked_at    timestamptz not null,
  granted_at  timestamptz,
  check ((given_by is null) = (granted_at is null)),
  check ((state in ('granted', 'given')) <= (granted_at is not null))
);
create index goodwill_grants_customer on goodwill_grants (customer_id, granted_at);
create index goodwill_grants_giver on goodwill_grants (given_by, granted_at);

alter table goodwill_grants enable row level security;
create policy goodwill_grants_ours on goodwill_grants to madoguchi_app using (is_ours());
grant select, insert, update on goodwill_grants to madoguchi_app;

-- Accounts that people gave us for one refund each, sealed under the installation's key; wiped when no longer needed.
create table bank_accounts (
  intent_id uuid primary key references refund_intents,
  sealed    text,                          -- null: wiped
  shown     text not null,                 -- masked, for people
  given_at  timestamptz not null,
  wiped_at  timestamptz,
  check ((sealed is null) = (wiped_at is not null))
);

-- What is paid out by bank together; an amount stands in one batch only.
create table payouts (
  id       uuid primary key,
  number   text not null unique,
  store_id text not null references stores,
  made_by  uuid not null references staff,
  made_at  timestamptz not null,
  paid_at  timestamptz
);
create index payouts_open on payouts (made_at) where paid_at is null;

create table payout_lines (
  intent_id uuid primary key references refund_intents,
  payout_id uuid not null references payouts
);
create index payout_lines_payout on payout_lines (payout_id);

-- What nobody but a person can find out: an answer that never came, money that one side knows and the other does not.
create table refund_tasks (
  id          uuid primary key,
  store_id    text not null references stores,
  kind        text not null check (kind in ('unknown', 'stray', 'missing', 'amount', 'store_refused', 'by_hand')),
  intent_id   uuid references refund_intents,
  outside_ref text,
  opened_at   timestamptz not null,
  done_by     uuid references staff,        -- null: an answer came after all
  done_at     timestamptz,
  note        text,
  check (done_by is null or done_at is not null),
  check (intent_id is not null or outside_ref is not null)
);
create unique index refund_tasks_once on refund_tasks (kind, coalesce(intent_id::text, outside_ref))
  where done_at is null;

-- one refund of the provider's belongs to one intent
create unique index refund_intents_outside on refund_intents (outside_ref)
  where rail = 'provider' and outside_ref is not null;

alter table bank_accounts enable row level security;
create policy bank_accounts_own on bank_accounts to madoguchi_app
  using (exists (select 1 from refund_intents i where i.id = intent_id));
alter table payouts enable row level security;
create policy payouts_ours on payouts to madoguchi_app using (acts_for(null));
alter table payout_lines enable row level security;
create policy payout_lines_ours on payout_lines to madoguchi_app using (acts_for(null));
alter table refund_tasks enable row level security;
create policy refund_tasks_ours on refund_tasks to madoguchi_app using (acts_for(null));
grant select, insert, update on bank_accounts, payouts, refund_tasks to madoguchi_app;
grant select, insert on payout_lines to madoguchi_app;

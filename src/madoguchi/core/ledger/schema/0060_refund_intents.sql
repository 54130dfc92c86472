-- One row per tender and destination: what is owed, where it goes, and how far it is. Its id is the key under which it
-- is asked for outside (I8). The money stays reserved on the tender until the intent succeeded.
create table refund_intents (
  id            uuid primary key,
  number        text not null unique,
  store_id      text not null references stores,
  customer_id   uuid not null references customers,
  order_id      uuid not null references orders,
  request_id    uuid not null,
  tender_ref    text not null,
  tender_kind   text not null,
  tender_label  text not null,
  amount        bigint not null check (amount > 0),
  currency      text not null,
  destination   text not null check (destination in ('original', 'gift_balance', 'bank', 'credit')),
  rail          text not null check (rail in ('provider', 'store', 'bank')),
  state         text not null check (state in
    ('planned', 'reserved', 'sent', 'pending', 'unknown', 'succeeded', 'failed', 'rerouted')),
  min_days      int not null check (min_days >= 0),   -- working days until it shows, by the rules when it was decided
  max_days      int not null check (max_days >= min_days),
  attempts      int not null default 0,
  outside_ref   text,                                 -- the provider's, the store's or the bank's name for it
  code          text,                                 -- why it failed
  root          uuid not null references refund_intents,
  replaces      uuid unique references refund_intents, -- a failed one goes another way once
  made_at       timestamptz not null,
  sent_at       timestamptz,
  settled_at    timestamptz,
  booked_at     timestamptz,                          -- the store was told
  foreign key (order_id, tender_ref) references ledger_tenders,
  -- I5: what was paid with gift balance, points or credit goes back to the same kind
  constraint i5_same_kind check
    (tender_kind not in ('gift_balance', 'points', 'store_credit') or destination = 'original'),
  constraint no_way_back check (tender_kind not in ('konbini', 'cod', 'bank') or destination <> 'original'),
  constraint rail_of_destination check (rail = case
    when destination = 'bank' then 'bank'
    when destination = 'original' and tender_kind in ('card', 'wallet') then 'provider'
    else 'store' end),
  check ((state = 'failed') <= (code is not null)),
  check ((root = id) = (replaces is null))
);
-- I8: a request pays a tender's part back one way; and each owed amount has one living intent at a time
create unique index refund_intents_once on refund_intents (request_id, tender_ref, destination) where replaces is null;
create unique index refund_intents_one_way on refund_intents (root) where state <> 'rerouted';
create index refund_intents_order on refund_intents (order_id);
create index refund_intents_customer on refund_intents (customer_id, id desc);
create index refund_intents_open on refund_intents (made_at)
  where state not in ('succeeded', 'rerouted') or booked_at is null;

alter table ledger_entries add column intent_id uuid references refund_intents;
alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'release', 'store', 'reverse'));
drop index ledger_entries_once;
create unique index ledger_entries_once on ledger_entries
  (request_id, step, coalesce(line_ref, ''), coalesce(tender_ref, '')) where request_id is not null and intent_id is null;
create unique index ledger_entries_intent_once on ledger_entries (intent_id, step) where intent_id is not null;

alter table refund_intents enable row level security;
create policy refund_intents_own on refund_intents to madoguchi_app using (acts_for(customer_id));
grant select, insert, update on refund_intents to madoguchi_app;

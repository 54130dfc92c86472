-- A claim on the guarantee: what a marketplace seller did not make good. `told` and `seller_told` are what the other side
-- reads, masked; what either side really wrote stands beside it. Sellers are told of claims by the system only.
create table guarantee_claims (
  id             uuid primary key,
  number         text not null unique,
  store_id       text not null references stores,
  customer_id    uuid not null references customers,
  order_id       uuid not null references orders,
  seller_id      uuid not null references sellers,
  ground         text not null check (ground in ('not_received', 'not_as_described', 'not_refunded', 'refund_not_paid')),
  units          jsonb not null,                 -- line ref → units
  amount         bigint not null check (amount >= 0),
  currency       text not null,
  told           text not null,                  -- what the customer says, as the seller reads it
  photos         jsonb not null,
  refund_to      text,
  state          text not null check (state in ('opened', 'waiting_seller', 'seller_resolved', 'seller_refused',
    'seller_silent', 'under_review', 'granted', 'denied', 'withdrawn', 'appealed', 'upheld', 'reversed', 'overtaken')),
  silence_grants boolean not null,
  due_at         timestamptz,                    -- by when the seller answers
  answer         text check (answer in ('refund', 'refuse')),
  seller_told    text not null default '',       -- what the seller says, as the customer reads it
  answered_at    timestamptz,
  liability      text check (liability in ('customer', 'seller', 'carrier', 'fraud')),
  counts         boolean,                        -- against the seller; null until it is decided
  decided_by     uuid references staff,
  decided_at     timestamptz,
  decision_note  text not null default '',
  appeal         text,
  appeal_until   timestamptz,
  appealed_at    timestamptz,
  made_at        timestamptz not null,
  changed_at     timestamptz not null,
  check ((state = 'waiting_seller') <= (due_at is not null)),
  check ((answer is null) = (answered_at is null)),
  check ((state in ('seller_resolved', 'seller_refused')) <= (answer is not null)),
  check ((state in ('granted', 'denied', 'appealed', 'upheld', 'reversed')) = (counts is not null)),
  check ((appeal is null) = (appealed_at is null)),
  check ((state in ('appealed', 'upheld', 'reversed')) <= (appeal is not null))
);
-- one claim of an order that is not over
create unique index guarantee_claims_one on guarantee_claims (order_id) where state in
  ('opened', 'waiting_seller', 'seller_resolved', 'seller_refused', 'seller_silent', 'under_review', 'appealed');
create index guarantee_claims_order on guarantee_claims (order_id, made_at desc);
create index guarantee_claims_seller on guarantee_claims (seller_id, made_at desc);
create index guarantee_claims_due on guarantee_claims (due_at) where state = 'waiting_seller';
create index guarantee_claims_to_decide on guarantee_claims (made_at) where state in ('under_review', 'appealed');

-- What either side wrote, with the contact details that the other must not read.
create table guarantee_words (
  claim_id uuid not null references guarantee_claims,
  side     text not null check (side in ('customer', 'seller')),
  words    text not null,
  primary key (claim_id, side)
);

alter table guarantee_claims enable row level security;
alter table guarantee_words enable row level security;
create policy guarantee_claims_own on guarantee_claims to madoguchi_app using (acts_for(customer_id));
create policy guarantee_words_ours on guarantee_words to madoguchi_app using (is_ours());
grant select, insert, update on guarantee_claims to madoguchi_app;
grant select, insert on guarantee_words to madoguchi_app;

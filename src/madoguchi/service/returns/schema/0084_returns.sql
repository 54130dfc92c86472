-- A return is what its units are: each has its reception (what physically happened) and its acceptance (what we decide).
-- `state` follows from both and is kept for lists; doctor derives it again.
create table returns (
  id          uuid primary key references requests deferrable initially deferred,  -- the wish that opened it
  number      text unique,                 -- for people; once it was agreed to
  store_id    text not null references stores,
  customer_id uuid not null references customers,
  order_id    uuid not null references orders,
  wish        text not null check (wish in ('refund', 'replacement', 'exchange')),
  reason      text not null check (reason in ('no_longer_needed', 'mistake', 'size', 'dislike', 'better_price',
    'defective', 'wrong_item', 'missing_part', 'not_as_described', 'late', 'damaged', 'lost')),
  fault       text not null check (fault in ('customer', 'seller', 'carrier', 'fraud')),
  condition   text check (condition in ('unopened', 'opened', 'used', 'incomplete', 'untagged')),
  method      text check (method in ('label', 'code', 'pickup', 'own')),
  refund_to   text,
  refund_on   text not null check (refund_on in ('now', 'first_scan', 'received', 'inspected')),
  outward     boolean not null,            -- with all of an order, what sending it cost is given back too
  postage     bigint not null default 0 check (postage >= 0),          -- taken off once, minor units
  restocking  int not null default 0 check (restocking between 0 and 100),  -- taken off, percent of the price
  stage       text not null check (stage in ('requested', 'review', 'agreed', 'declined', 'cancelled')),
  state       text not null check (state in ('requested', 'review', 'declined', 'approved', 'in_transit', 'received',
    'inspected', 'settled', 'cancelled', 'expired', 'lost', 'kept')),
  send_until  timestamptz not null,        -- until when the parcel must be on its way
  made_at     timestamptz not null,
  agreed_at   timestamptz,
  changed_at  timestamptz not null,
  reminded_at timestamptz,
  look_at     timestamptz,                 -- when time alone changes something next
  appeal      text,
  appealed_at timestamptz,
  answered_at timestamptz,
  unique (id, fault),
  constraint i4_no_fee_for_our_fault check (fault = 'customer' or (postage = 0 and restocking = 0)),
  check ((stage = 'agreed') = (agreed_at is not null)),
  check ((stage = 'agreed') <= (number is not null)),
  check ((appeal is null) = (appealed_at is null)),
  check (answered_at is null or appealed_at is not null)
);
create index returns_customer on returns (customer_id, id desc);
create index returns_order on returns (order_id, id);
create index returns_look on returns (look_at) where look_at is not null;
create index returns_open on returns (state, send_until)
  where state in ('approved', 'in_transit', 'received', 'inspected');
create index returns_appealed on returns (appealed_at) where appealed_at is not null and answered_at is null;

create table return_parcels (
  id         uuid primary key,
  return_id  uuid not null references returns,
  carrier    text not null,
  number     text not null,
  state      text not null,                -- the carrier's news, as the mirror words them
  scanned_at timestamptz,                  -- the carrier had it in hand
  told_at    timestamptz not null,         -- the newest news
  arrived_at timestamptz,                  -- the warehouse had it in hand
  unique (carrier, number)
);
create index return_parcels_return on return_parcels (return_id);

create table return_units (
  id           uuid primary key,
  return_id    uuid not null references returns,
  order_id     uuid not null references orders,
  line_ref     text not null,
  sku          text not null,
  name         text not null,
  promised     int not null check (promised between 0 and 100),  -- percent of its price
  if_opened    int not null check (if_opened between 0 and 100),  -- where the maker's packaging was opened
  keep         boolean not null default false,  -- it need not come back
  reception    text not null default 'awaiting' check (reception in ('awaiting', 'in_transit', 'received', 'short',
    'wrong_item', 'lost', 'kept', 'cancelled', 'expired')),
  acceptance   text not null default 'pending' check (acceptance in ('pending', 'accepted', 'reduced', 'rejected',
    'manual')),
  percent      int check (percent between 0 and 100),
  why          text check (why in ('opened', 'used', 'incomplete', 'damaged', 'not_ours', 'empty')),
  grade        text check (grade in ('new', 'good', 'worn', 'broken')),
  disposition  text check (disposition in ('restock', 'resell', 'repair', 'discard', 'back_to_customer', 'missing')),
  note         text not null default '',
  booked       text not null default 'open' check (booked in ('open', 'returned', 'kept', 'free')),
  worth        bigint check (worth >= 0),
  paid         bigint not null default 0 check (paid >= 0),
  replaced     boolean not null default false,
  received_at  timestamptz,
  inspected_at timestamptz,
  inspected_by uuid references staff,
  settling     uuid references requests deferrable initially deferred,  -- the wish that settles it just now
  settled_at   timestamptz,
  foreign key (order_id, line_ref) references ledger_lines,
  constraint i4_worth check (paid <= coalesce(worth, 0)),
  constraint i9_nothing_decided_before_it_is_here
    check (reception not in ('awaiting', 'in_transit', 'cancelled', 'expired') or acceptance = 'pending'),
  constraint reduced_says_why check ((acceptance = 'reduced') <= (percent is not null and why is not null)),
  check (percent is null or acceptance = 'reduced'),
  check ((reception = 'received') <= (received_at is not null)),
  check (paid = 0 or booked in ('returned', 'kept')),
  check (not replaced or booked in ('returned', 'kept'))
);
create index return_units_return on return_units (return_id);
create index return_units_line on return_units (order_id, line_ref);

-- I4: what is taken off what is given back, and never where the fault is not the customer's.
create table return_fees (
  return_id  uuid not null,
  kind       text not null check (kind in ('return_postage', 'restocking')),
  fault      text not null check (fault = 'customer'),
  amount     bigint not null check (amount > 0),
  currency   text not null,
  request_id uuid not null references requests deferrable initially deferred,
  primary key (return_id, kind, request_id),
  foreign key (return_id, fault) references returns (id, fault)
);

-- What the warehouse cannot match: put aside until somebody finds out.
create table stray_parcels (
  id        uuid primary key,
  scanned   text not null,
  what      text not null check (what in ('unknown', 'again', 'ended')),
  return_id uuid references returns,
  note      text not null default '',
  place     text not null default '',      -- where it was put
  found_by  uuid not null references staff,
  found_at  timestamptz not null,
  done_by   uuid references staff,
  done_at   timestamptz,
  answer    text not null default '',
  check ((done_by is null) = (done_at is null))
);
create index stray_parcels_open on stray_parcels (found_at) where done_at is null;

create function is_warehouse() returns boolean language sql stable parallel safe as $$
  select current_setting('madoguchi.actor', true) like 'warehouse:%'
$$;
alter table returns enable row level security;
alter table return_parcels enable row level security;
alter table return_units enable row level security;
alter table return_fees enable row level security;
alter table stray_parcels enable row level security;
create policy returns_own on returns to madoguchi_app using (acts_for(customer_id) or is_warehouse());
create policy return_parcels_own on return_parcels to madoguchi_app
  using (is_ours() or exists (select 1 from returns where returns.id = return_id));
create policy return_units_own on return_units to madoguchi_app
  using (is_ours() or exists (select 1 from returns where returns.id = return_id));
create policy return_fees_own on return_fees to madoguchi_app using (
  is_ours() or not is_warehouse() and exists (select 1 from returns where returns.id = return_id));
create policy stray_parcels_warehouse on stray_parcels to madoguchi_app using (is_ours() or is_warehouse());
grant select, insert, update on returns, return_parcels, return_units, stray_parcels to madoguchi_app;
grant select, insert on return_fees to madoguchi_app;

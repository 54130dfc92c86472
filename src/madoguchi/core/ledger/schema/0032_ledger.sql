create table ledger_lines (
  order_id    uuid not null references orders,
  line_ref    text not null,
  ordered     int not null check (ordered > 0),
  cancelling  int not null default 0 check (cancelling >= 0),   -- asked of the store, not decided yet
  cancelled   int not null default 0 check (cancelled >= 0),
  return_open int not null default 0 check (return_open >= 0),
  returned    int not null default 0 check (returned >= 0),
  kept        int not null default 0 check (kept >= 0),
  refunded    int not null default 0 check (refunded between 0 and ordered),
  primary key (order_id, line_ref),
  constraint i2_units check (cancelling + cancelled + return_open + returned + kept <= ordered)
);

create table ledger_tenders (
  order_id   uuid not null references orders,
  tender_ref text not null,
  currency   text not null,
  captured   bigint not null check (captured >= 0),
  reserved   bigint not null default 0 check (reserved >= 0),
  refunded   bigint not null default 0 check (refunded >= 0),
  primary key (order_id, tender_ref),
  constraint i1_money check (reserved + refunded <= captured)
);

create table ledger_entries (
  id         uuid primary key,
  order_id   uuid not null references orders,
  request_id uuid,                     -- null: the store's own doing
  step       text not null check (step in ('opening', 'reserve', 'settle', 'release', 'store')),
  line_ref   text,
  units      int,
  tender_ref text,
  amount     bigint,
  currency   text,
  at         timestamptz not null,
  check ((line_ref is null) = (units is null)),
  check ((tender_ref is null) = (amount is null or currency is null)),
  check ((line_ref is null) <> (tender_ref is null))
);
create unique index ledger_entries_once on ledger_entries
  (request_id, step, coalesce(line_ref, ''), coalesce(tender_ref, '')) where request_id is not null;
create index ledger_entries_order on ledger_entries (order_id);

alter table ledger_lines enable row level security;
alter table ledger_tenders enable row level security;
alter table ledger_entries enable row level security;
create policy ledger_lines_own on ledger_lines to madoguchi_app
  using (is_ours() or exists (select 1 from orders where orders.id = order_id));
create policy ledger_tenders_own on ledger_tenders to madoguchi_app
  using (is_ours() or exists (select 1 from orders where orders.id = order_id));
create policy ledger_entries_own on ledger_entries to madoguchi_app
  using (is_ours() or exists (select 1 from orders where orders.id = order_id));
grant select, insert, update on ledger_lines, ledger_tenders to madoguchi_app;
grant select, insert on ledger_entries to madoguchi_app;

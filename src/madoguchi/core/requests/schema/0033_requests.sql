create table quotes (
  id            uuid primary key,
  store_id      text not null references stores,
  customer_id   uuid not null references customers,
  session_id    uuid,
  action        text not null,
  arguments     jsonb not null,
  order_id      uuid references orders,
  order_version int,
  case_id       uuid references cases,
  draft         jsonb not null,
  hash          text not null,
  created_at    timestamptz not null,
  expires_at    timestamptz not null
);
create index quotes_expired on quotes (expires_at);

create table requests (
  id            uuid primary key,
  number        text not null unique,
  quote_id      uuid not null unique references quotes,   -- one confirmation, one request
  store_id      text not null references stores,
  customer_id   uuid not null references customers,
  action        text not null,
  order_id      uuid references orders,
  order_ref     text,
  order_version int,
  case_id       uuid references cases,
  actor_role    text not null,
  actor_id      uuid,
  plan          jsonb not null,
  decision      jsonb not null,
  state         text not null check (state in ('confirmed', 'executing', 'asked', 'done', 'partly_done', 'failed')),
  attempts      int not null default 0,
  outcome       jsonb,
  created_at    timestamptz not null,
  settled_at    timestamptz,
  check ((state in ('done', 'partly_done', 'failed')) = (settled_at is not null)),
  check ((outcome is null) = (settled_at is null))
);
create index requests_customer on requests (customer_id, id desc);
create index requests_open on requests (created_at) where settled_at is null;

-- I7: one open change per line
create table request_lines (
  request_id uuid not null references requests,
  order_id   uuid not null references orders,
  line_ref   text not null,
  open       boolean not null default true,
  primary key (request_id, line_ref)
);
create unique index request_lines_one_open on request_lines (order_id, line_ref) where open;

alter table quotes enable row level security;
alter table requests enable row level security;
alter table request_lines enable row level security;
create policy quotes_own on quotes to madoguchi_app using (acts_for(customer_id));
create policy requests_own on requests to madoguchi_app using (acts_for(customer_id));
create policy request_lines_own on request_lines to madoguchi_app
  using (is_ours() or exists (select 1 from requests where requests.id = request_id));
grant select, insert, delete on quotes to madoguchi_app;
grant select, insert, update on requests, request_lines to madoguchi_app;

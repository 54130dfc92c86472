create table cases (
  id                uuid primary key,
  number            text not null unique,
  store_id          text not null references stores,
  customer_id       uuid not null references customers,
  locale            text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  reason            text,                       -- contact reason, once known
  order_id          uuid,                       -- the order it is about, once known
  state             text not null check (state in ('bot', 'queued', 'active', 'parked', 'closed')),
  assigned_to       uuid references staff,
  resume_to         text check (resume_to in ('bot', 'queued', 'active')),
  last_seq          int not null default 0,
  customer_seq      int not null default 0,     -- the customer's last own entry
  customer_session  uuid,                       -- the session that spoke last for the customer, and its
  customer_level    int not null default 0 check (customer_level between 0 and 3),  -- identity level: the bot's too
  customer_read_seq int not null default 0,
  staff_read_seq    int not null default 0,
  last_customer_at  timestamptz,
  last_staff_at     timestamptz,
  bot_due_seq       int,                        -- the bot owes an answer to this entry
  bot_due_at        timestamptz,
  dialogue          jsonb not null default '{}',
  opened_at         timestamptz not null,
  closed_at         timestamptz,
  check ((state = 'active') = (assigned_to is not null) or state = 'parked'),
  check ((state = 'closed') = (closed_at is not null)),
  check ((bot_due_seq is null) = (bot_due_at is null))
) with (fillfactor = 80);
create index cases_customer on cases (customer_id, id desc);
create index cases_assigned on cases (assigned_to, id) where state <> 'closed' and assigned_to is not null;
create index cases_bot_due on cases (bot_due_at) where bot_due_at is not null;

create table contacts (
  id         uuid primary key,
  case_id    uuid not null references cases,
  channel    text not null check (channel in ('chat', 'api')),
  author     text not null,                     -- whose client_id it is
  client_id  text,
  from_seq   int not null,
  to_seq     int,
  started_at timestamptz not null,
  ended_at   timestamptz,
  unique (author, client_id)
);
create unique index contacts_running on contacts (case_id) where ended_at is null;
create index contacts_case on contacts (case_id);

create table entries (
  case_id    uuid not null references cases,
  seq        int not null check (seq > 0),
  kind       text not null check (kind in
               ('message', 'choice', 'card', 'slip', 'action', 'file', 'status', 'note', 'survey')),
  author     text not null check (author in ('customer', 'bot', 'associate', 'system')),
  author_id  uuid,
  name       text not null default '',          -- as shown at the time
  audience   text not null check (audience in ('customer', 'staff')),
  text       text not null default '',
  body       jsonb,
  client_id  text,
  at         timestamptz not null,
  primary key (case_id, seq)
);
create unique index entries_client on entries (case_id, author, client_id) where client_id is not null;

alter table cases enable row level security;
alter table entries enable row level security;
alter table contacts enable row level security;
create policy cases_own on cases to madoguchi_app using (acts_for(customer_id));
create policy contacts_own on contacts to madoguchi_app
  using (is_ours() or exists (select 1 from cases where cases.id = case_id));
create policy entries_read on entries for select to madoguchi_app
  using (is_ours() or audience = 'customer' and exists (select 1 from cases where cases.id = case_id));
create policy entries_write on entries for insert to madoguchi_app  -- the bot, being its customer, writes for staff too
  with check (is_ours() or exists (select 1 from cases where cases.id = case_id));

grant select, insert, update on cases, contacts to madoguchi_app;
grant select, insert on entries to madoguchi_app;

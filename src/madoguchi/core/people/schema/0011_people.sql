create function acts_for(customer uuid) returns boolean language sql stable parallel safe as $$
  select is_ours() or current_setting('madoguchi.actor', true) = 'customer:' || customer::text
$$;
create function is_guest() returns boolean language sql stable parallel safe as $$
  select current_setting('madoguchi.actor', true) = 'guest'
$$;

create table customers (
  id          uuid primary key,
  store_id    text not null references stores,
  store_ref   text,                       -- null: a guest
  name        text not null default '',
  kana        text not null default '',
  given_name  text not null default '',
  family_name text not null default '',
  email       text,
  email_key   text,
  phone       text,
  locale      text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  version     int not null default 0,     -- the store's
  created_at  timestamptz not null default now(),
  unique (store_id, store_ref)
);
create index customers_email on customers (store_id, email_key) where email_key is not null;
alter table customers enable row level security;
create policy customers_own on customers to madoguchi_app using (acts_for(id));
create policy customers_guest on customers for insert to madoguchi_app
  with check (is_guest() and store_ref is null and email_key is null);

-- Whether this very transaction made the customer; asked by a policy that may not see the row.
create function is_just_made(customer uuid) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select 1 from customers where id = customer and xmin = pg_current_xact_id()::xid)
$$;

create table staff (
  id            uuid primary key,
  email         text not null unique,
  name          text not null,            -- as customers see it
  role          text not null check (role in ('associate', 'leader', 'admin')),
  locale        text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  languages     text[] not null,
  skills        text[] not null default '{}',
  password_hash text,
  active        boolean not null default true,
  created_at    timestamptz not null default now()
);

alter table staff enable row level security;
create policy staff_ours on staff to madoguchi_app using (is_ours());
-- What everybody may know of one of the staff.
create function staff_name(member uuid) returns text language sql stable security definer
  set search_path = public as $$ select name from staff where id = member $$;

create table sessions (
  id          uuid primary key,
  token_hash  bytea not null unique,
  kind        text not null check (kind in ('customer', 'staff')),
  customer_id uuid references customers,
  staff_id    uuid references staff,
  store_id    text not null references stores,
  level       int not null default 0 check (level between 0 and 3),
  locale      text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  check (kind = 'customer' and staff_id is null or kind = 'staff' and staff_id is not null and customer_id is null)
);
create index sessions_customer on sessions (customer_id) where ended_at is null;
create index sessions_staff on sessions (staff_id) where ended_at is null;
alter table sessions enable row level security;
create policy sessions_own on sessions to madoguchi_app
  using (case when customer_id is null then is_ours() else acts_for(customer_id) end);
-- A guest begins a session, which is nobody's until the first word makes a customer of them in one transaction.
create policy sessions_guest on sessions to madoguchi_app
  using (is_guest() and kind = 'customer' and level = 0 and (customer_id is null or is_just_made(customer_id)));

-- EdDSA keys of a shop; HS256 secrets are derived from the installation's key and stand nowhere.
create table shop_keys (
  store_id text not null references stores,
  kid      text not null,
  jwk      jsonb not null,
  primary key (store_id, kid)
);
create table shop_tokens_used (
  store_id   text not null references stores,
  jti        text not null,
  expires_at timestamptz not null,
  primary key (store_id, jti)
);

create table one_time_codes (
  id          uuid primary key,
  session_id  uuid not null references sessions,
  purpose     text not null,
  target      text not null,              -- email_key
  code_hash   bytea not null,
  tries_left  int not null check (tries_left >= 0),
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  used_at     timestamptz
);
create index one_time_codes_target on one_time_codes (target, created_at);
create index one_time_codes_session on one_time_codes (session_id, created_at);

alter table shop_keys enable row level security;
alter table shop_tokens_used enable row level security;
alter table one_time_codes enable row level security;
create policy shop_keys_system on shop_keys to madoguchi_app using (is_system());
create policy shop_tokens_used_system on shop_tokens_used to madoguchi_app using (is_system());
create policy one_time_codes_system on one_time_codes to madoguchi_app using (is_system());
grant select, insert, update on customers, staff, sessions, one_time_codes to madoguchi_app;
grant select, insert, update, delete on shop_keys, shop_tokens_used to madoguchi_app;

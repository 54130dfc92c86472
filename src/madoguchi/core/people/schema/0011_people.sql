-- The second wall behind core.access: who acts is told to every transaction, and rows of others do not exist.
create function acts_for(customer uuid) returns boolean language sql stable parallel safe as $$
  select current_setting('madoguchi.actor', true) = 'system'
      or starts_with(current_setting('madoguchi.actor', true), 'staff:')
      or current_setting('madoguchi.actor', true) = 'customer:' || customer::text
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
create policy customers_own on customers to madoguchi_app using (acts_for(id)) with check (true);

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

grant select, insert, update on customers, staff, sessions, one_time_codes to madoguchi_app;
grant select, insert, update, delete on shop_keys, shop_tokens_used to madoguchi_app;

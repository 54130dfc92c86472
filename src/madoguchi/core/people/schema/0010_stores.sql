-- One organisation, many stores: a demo shop in yen and an imported one in dollars stand side by side.
create table stores (
  id            text primary key check (id ~ '^[a-z][a-z0-9-]{0,30}$'),
  name          text not null,
  currency      text not null check (length(currency) = 3),
  time_zone     text not null,
  country       text not null check (length(country) = 2),
  locale        text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  rule_pack     text not null,
  sync_cursor   text not null default '',
  created_at    timestamptz not null default now()
);
grant select, insert, update on stores to madoguchi_app;

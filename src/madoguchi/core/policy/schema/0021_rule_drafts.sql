-- What somebody is about to change, kept until it is saved as a version or thrown away.
create table rule_drafts (
  pack       text not null,
  author_id  uuid not null references staff,
  base       int not null,                -- the version it was made from
  document   jsonb not null,
  changed_at timestamptz not null,
  primary key (pack, author_id)
);
alter table rule_drafts enable row level security;
create policy rule_drafts_own on rule_drafts to madoguchi_app
  using (current_setting('madoguchi.actor', true) in ('system', 'staff:' || author_id::text));
grant select, insert, update, delete on rule_drafts to madoguchi_app;

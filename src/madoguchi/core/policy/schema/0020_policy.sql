-- Rule packs as they were saved: never changed, only followed by newer versions.
create table rule_versions (
  id             uuid primary key,
  pack           text not null,
  number         int not null check (number > 0),
  document       jsonb not null,
  effective_from timestamptz,             -- null: shipped with the program, but the shop keeps its own rules
  edition        text,                    -- what was shipped; null: saved by somebody
  author_id      uuid references staff,
  note           text not null default '',
  created_at     timestamptz not null,
  unique (pack, number),
  unique (pack, edition)
);

-- I12: what was decided automatically, and from what. Only ever added.
create table policy_decisions (
  id           uuid primary key,
  pack         text not null,
  version      int not null,
  matter       text not null,
  verdict      text not null check (verdict in ('allow', 'allow_with_approval', 'needs_info', 'offer_alternative', 'deny')),
  rule_ids     text[] not null,
  reasons      jsonb not null,
  clauses      text[] not null,
  inputs       jsonb not null,
  inputs_hash  text not null,
  action       text not null,
  customer_id  uuid,
  order_id     uuid,
  quote_id     uuid,                      -- null: refused, so there is no quote
  actor_role   text not null,
  actor_id     uuid,
  decided_at   timestamptz not null
);
create index policy_decisions_of on policy_decisions (pack, decided_at desc);

alter table policy_decisions enable row level security;
create policy policy_decisions_own on policy_decisions to madoguchi_app
  using (acts_for(customer_id)) with check (customer_id is null or acts_for(customer_id));
grant select, insert on rule_versions, policy_decisions to madoguchi_app;

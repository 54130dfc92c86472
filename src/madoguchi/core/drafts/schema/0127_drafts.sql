create table drafts (
  customer_id uuid not null references customers,
  order_id    uuid not null references orders,
  action      text not null,
  given       jsonb not null,                -- the values of its form so far, as they were posted
  changed_at  timestamptz not null,
  primary key (customer_id, order_id, action)
);
create index drafts_old on drafts (changed_at);

alter table drafts enable row level security;
create policy drafts_own on drafts to madoguchi_app using (acts_for(customer_id));
grant select, insert, update, delete on drafts to madoguchi_app;

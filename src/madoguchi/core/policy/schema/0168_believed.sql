-- What customers were believed, without proof or without the goods back: claims and returns count together.
create table policy_believed (
  about       uuid primary key,           -- the claim or the return
  customer_id uuid not null references customers,
  amount      bigint not null check (amount >= 0),
  believed_at timestamptz not null
);
create index policy_believed_of on policy_believed (customer_id, believed_at);

alter table policy_believed enable row level security;
create policy policy_believed_own on policy_believed to madoguchi_app using (acts_for(customer_id));
grant select, insert, delete on policy_believed to madoguchi_app;

insert into policy_believed (about, customer_id, amount, believed_at)
  select id, customer_id, amount, granted_at from claims where state in ('granted', 'done')
  union all
  select id, customer_id, kept, made_at from returns where kept > 0 and stage not in ('cancelled', 'declined');

-- Marketplace sellers as the stores tell of them, and the people who answer for them.
create function acting_seller() returns uuid language sql stable parallel safe as $$
  select case when starts_with(current_setting('madoguchi.actor', true), 'seller:')
              then substr(current_setting('madoguchi.actor', true), 8)::uuid end
$$;

create table sellers (
  id         uuid primary key,
  store_id   text not null references stores,
  store_ref  text not null,
  name       text not null,
  address    text not null,                -- public by law, as the name is
  created_at timestamptz not null default now(),
  unique (store_id, store_ref)
);

create table seller_people (
  id            uuid primary key,
  seller_id     uuid not null references sellers,
  email         text not null unique,
  name          text not null,
  locale        text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  password_hash text,
  active        boolean not null default true,
  created_at    timestamptz not null default now()
);
create index seller_people_seller on seller_people (seller_id) where active;

alter table sellers enable row level security;
alter table seller_people enable row level security;
create policy sellers_ours on sellers to madoguchi_app using (is_ours());
create policy sellers_own on sellers for select to madoguchi_app using (id = acting_seller());
create policy seller_people_ours on seller_people to madoguchi_app using (is_ours());
create policy seller_people_own on seller_people for select to madoguchi_app using (seller_id = acting_seller());
grant select, insert, update on sellers, seller_people to madoguchi_app;

alter table sessions
  add seller_person_id uuid references seller_people,
  drop constraint sessions_kind_check,
  drop constraint sessions_check,
  add constraint sessions_kind_check check (kind in ('customer', 'staff', 'seller')),
  add constraint sessions_check check (
    (kind = 'staff') = (staff_id is not null) and (kind = 'seller') = (seller_person_id is not null)
    and (kind = 'customer' or customer_id is null));
create index sessions_seller_person on sessions (seller_person_id) where ended_at is null;
create policy sessions_sellers on sessions to madoguchi_app
  using (exists (select 1 from seller_people p where p.id = seller_person_id and p.seller_id = acting_seller()));

-- Marketplace sellers take part in cases: they read what is written for them, and never see whose case it is.
alter table cases
  add seller_id uuid references sellers,
  drop constraint cases_state_check,
  add constraint cases_state_check check (state in ('bot', 'queued', 'active', 'parked', 'seller', 'closed')),
  add check (state <> 'seller' or seller_id is not null);
alter table entries
  drop constraint entries_author_check,
  add constraint entries_author_check check (author in ('customer', 'bot', 'associate', 'seller', 'system')),
  drop constraint entries_audience_check,
  add constraint entries_audience_check check (audience in ('customer', 'staff', 'seller'));

-- Whether the acting seller takes part in a case; asked by policies that may not see the case.
create function takes_part(in_case uuid) returns boolean language sql stable security definer
  set search_path = public as $$
  select exists (select 1 from cases where id = in_case and seller_id = acting_seller())
$$;
drop policy entries_read on entries;
create policy entries_read on entries for select to madoguchi_app
  using (is_ours() or audience in ('customer', 'seller') and exists (select 1 from cases where cases.id = case_id));
create policy entries_sellers on entries for select to madoguchi_app
  using (audience = 'seller' and takes_part(case_id));

-- What somebody really wrote where others read it masked; for staff alone.
create table originals (
  case_id uuid not null,
  seq     int not null,
  text    text not null,
  primary key (case_id, seq),
  foreign key (case_id, seq) references entries
);
alter table originals enable row level security;
create policy originals_ours on originals to madoguchi_app using (is_ours());
grant select, insert on originals to madoguchi_app;

-- One question for each conversation that ended; the answer stands in the row and may change for a while.
create table surveys (
  id         uuid primary key,
  case_id    uuid not null references cases,
  contact_id uuid not null unique references contacts,
  asked_at   timestamptz not null,
  rating     int check (rating between 1 and 5),
  solved     boolean,
  comment    text not null default '',
  at         timestamptz,                -- of the last answer
  check ((rating is null) = (at is null))
);
create index surveys_case on surveys (case_id, id);
alter table surveys enable row level security;
create policy surveys_own on surveys to madoguchi_app
  using (is_ours() or exists (select 1 from cases where cases.id = case_id));
grant select, insert, update on surveys to madoguchi_app;

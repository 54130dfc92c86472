-- Work to be done outside the transaction that asked for it. A job is a wake-up: the truth stands in domain tables.
-- A killed worker's lease runs out by itself, so nothing has to look for stalled jobs.
create table jobs (
  id           bigint generated always as identity primary key,
  name         text not null,
  arguments    jsonb not null,
  key          text unique,            -- one job per key at a time
  due_at       timestamptz not null,
  again        boolean not null default false,  -- asked for once more while it was running
  attempts     int not null default 0,
  lease        uuid,
  leased_until timestamptz,
  parked_at    timestamptz,            -- given up; waits for a person
  last_error   text,
  created_at   timestamptz not null default now()
);
create index jobs_due on jobs (due_at) where parked_at is null;
create index jobs_parked on jobs (parked_at) where parked_at is not null;

-- The second wall behind core.access: who acts is told to every transaction, and rows of others do not exist. Every
-- table of ours has policies, or stands in tests/house/test_walls.py among those that hold nothing about anybody.
create function is_system() returns boolean language sql stable parallel safe as $$
  select current_setting('madoguchi.actor', true) = 'system'
$$;
create function is_ours() returns boolean language sql stable parallel safe as $$
  select current_setting('madoguchi.actor', true) = 'system'
      or starts_with(current_setting('madoguchi.actor', true), 'staff:')
$$;

alter table jobs enable row level security;
create policy jobs_system on jobs to madoguchi_app using (is_system());  -- arguments may hold a one-time code
grant usage on schema public to madoguchi_app;
grant select, insert, update, delete on jobs to madoguchi_app;
grant select on migrations to madoguchi_app;

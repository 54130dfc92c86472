-- Who waits for a person, who is there, who was offered what, and how it ended. What is read often has a partial
-- index over open work, so that the past does not slow it down.
create table queues (
  id        text primary key check (id ~ '^[a-z][a-z0-9-]{0,30}$'),
  name_key  text not null,
  languages text[] not null check (cardinality(languages) > 0),  -- the first serves those whose own is missing
  skills    text[] not null default '{}',  -- asked of everyone who takes its work; a role counts as a skill
  hours     jsonb                          -- null: always open
);
insert into queues (id, name_key, languages, skills) values
  ('support', 'routing.queue.support', '{ja,en,zh,ko}', '{}'),
  ('leaders', 'routing.queue.leaders', '{ja,en,zh,ko}', '{leader}');

create table presence (
  staff_id uuid primary key references staff,
  state    text not null check (state in ('available', 'away', 'offline')),
  lapsed   boolean not null default false,  -- put away for missing heartbeats; the next one brings them back
  capacity int not null check (capacity between 0 and 20),
  since    timestamptz not null,
  seen_at  timestamptz not null
);

create table work_items (
  id          uuid primary key,
  case_id     uuid not null references cases,
  contact_id  uuid not null references contacts,
  queue_id    text not null references queues,
  priority    int not null check (priority between 0 and 3),  -- 0 comes first
  language    text not null check (language in ('ja', 'en', 'zh', 'ko')),
  skills      text[] not null,
  state       text not null check (state in ('waiting', 'offered', 'assigned', 'parked', 'done', 'left')),
  enqueued_at timestamptz not null,   -- kept when the item comes back to the queue
  assigned_to uuid references staff,
  assigned_at timestamptz,
  done_at     timestamptz,            -- when it stopped taking a place in line or in somebody's hands
  check ((assigned_to is null) = (state in ('waiting', 'offered', 'left'))),
  check ((assigned_to is null) = (assigned_at is null)),
  check ((done_at is not null) = (state in ('parked', 'done', 'left')))
) with (fillfactor = 80);
create unique index work_items_open on work_items (case_id) where state in ('waiting', 'offered', 'assigned', 'parked');
create index work_items_line on work_items (priority, enqueued_at, id) where state in ('waiting', 'offered');
create index work_items_in_hand on work_items (assigned_to) where state = 'assigned';
create index work_items_last on work_items (assigned_to, done_at) where done_at is not null;
create index work_items_handled on work_items (queue_id, done_at) where state = 'done';
create index work_items_case on work_items (case_id, id);

create table offers (
  id         uuid primary key,
  item_id    uuid not null references work_items,
  staff_id   uuid not null references staff,
  offered_at timestamptz not null,
  expires_at timestamptz not null,
  outcome    text check (outcome in ('accepted', 'declined', 'timed_out', 'withdrawn')),  -- null: open
  closed_at  timestamptz,
  check ((outcome is null) = (closed_at is null))
);
create unique index offers_one_per_item on offers (item_id) where outcome is null;
create unique index offers_one_per_person on offers (staff_id) where outcome is null;
create index offers_expiring on offers (expires_at) where outcome is null;
create index offers_item on offers (item_id, closed_at);
create index offers_person on offers (staff_id, closed_at);

create table wrap_ups (
  id          uuid primary key,
  item_id     uuid not null unique references work_items,
  case_id     uuid not null references cases,
  staff_id    uuid not null references staff,
  reason      text not null,
  outcome     text not null check (outcome in ('solved', 'partly', 'not_solved', 'no_answer')),
  done        text not null default '',
  promise     text not null default '',
  promise_due timestamptz,
  at          timestamptz not null,
  check ((promise = '') = (promise_due is null))
);
create index wrap_ups_case on wrap_ups (case_id, id);

alter table presence enable row level security;
alter table work_items enable row level security;
alter table offers enable row level security;
alter table wrap_ups enable row level security;
create policy presence_ours on presence to madoguchi_app using (is_ours());
create policy work_items_ours on work_items to madoguchi_app using (is_ours());  -- the line is everybody's
create policy offers_ours on offers to madoguchi_app using (is_ours());
create policy wrap_ups_own on wrap_ups to madoguchi_app
  using (is_ours() or exists (select 1 from cases where cases.id = case_id));

grant select on queues to madoguchi_app;
grant select, insert, update on presence, work_items, offers, wrap_ups to madoguchi_app;

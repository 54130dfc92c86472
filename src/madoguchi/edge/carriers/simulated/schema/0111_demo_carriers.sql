-- The simulated carriers' own database, which their role alone may touch.
create schema demo_carriers;

create table demo_carriers.parcels (
  carrier  text not null,
  number   text not null,
  document jsonb not null,                 -- with the whole of its way, what lies ahead too
  told     int not null default 0,         -- how many of its steps are in the news
  tell_at  timestamptz,                    -- when the next one is; null: none lies ahead
  primary key (carrier, number)
);
create index parcels_tell on demo_carriers.parcels (carrier, tell_at) where tell_at is not null;

-- Steps in the order in which they are told: written by one clock at a time.
create table demo_carriers.news (
  seq     bigint generated always as identity primary key,
  carrier text not null,
  number  text not null,
  at      timestamptz not null,
  state   text not null,
  place   text not null,
  foreign key (carrier, number) references demo_carriers.parcels
);
create index news_carrier on demo_carriers.news (carrier, seq);

-- Everything that was ever asked for, by the asker's key.
create table demo_carriers.operations (
  carrier   text not null,
  key       text not null,
  arguments jsonb not null,                -- the same key must mean the same
  number    text not null,
  state     text not null check (state in ('pending', 'succeeded', 'failed')),
  code      text,
  made_at   timestamptz not null,
  decide_at timestamptz,
  primary key (carrier, key),
  check ((state = 'pending') = (decide_at is not null))
);
create index operations_undecided on demo_carriers.operations (carrier, decide_at) where state = 'pending';

-- What the shops that handed parcels over have not heard yet.
create table demo_carriers.changed (
  carrier text not null,
  number  text not null,
  primary key (carrier, number)
);

grant usage on schema demo_carriers to madoguchi_carriers;
grant select, insert, update, delete on all tables in schema demo_carriers to madoguchi_carriers;

-- What somebody showed us, once however often it is sent; its content lies under its sha256 (kit.files).
create table photos (
  id         uuid primary key,
  owner_id   uuid not null,             -- a customer, or one of the staff
  sha        text not null,
  name       text not null,
  media_type text not null,
  width      int not null,
  height     int not null,
  size       int not null,              -- bytes
  at         timestamptz not null,      -- when it was sent last
  unique (owner_id, sha)
);
create index photos_latest on photos (owner_id, at desc);

insert into photos (id, owner_id, sha, name, media_type, width, height, size, at)
  select distinct on (coalesce(case when e.author = 'customer' then c.customer_id end, e.author_id), e.body->'file'->>'sha')
         gen_random_uuid(), coalesce(case when e.author = 'customer' then c.customer_id end, e.author_id),
         e.body->'file'->>'sha', e.body->'file'->>'name', e.body->'file'->>'media_type',
         (e.body->'file'->>'width')::int, (e.body->'file'->>'height')::int, (e.body->'file'->>'size')::int, e.at
  from entries e join cases c on c.id = e.case_id where e.kind = 'file'
  order by 2, 3, e.at desc;

alter table photos enable row level security;
create policy photos_own on photos to madoguchi_app using (acts_for(owner_id));
grant select, insert, update on photos to madoguchi_app;

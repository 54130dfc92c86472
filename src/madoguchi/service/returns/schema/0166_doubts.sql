-- What nobody knows of a return's parcel: it is looked for until a moment, then a leader decides.
alter table returns
  add column doubt text check (doubt in ('search', 'missing')),
  add column doubt_until timestamptz,
  add check ((doubt is not distinct from 'search') = (doubt_until is not null));
create index returns_missing on returns (changed_at) where doubt = 'missing';
grant delete on return_parcels to madoguchi_app;

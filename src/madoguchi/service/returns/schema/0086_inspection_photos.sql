-- What the warehouse saw, as photos of whoever looked at it (see photos.owner_id).
alter table return_units add column photos uuid[] not null default '{}';

-- What a store takes beside its goods, as it tells it: shipping, wrapping.
alter table stores add terms jsonb;

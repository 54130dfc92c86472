-- Where a present goes back to whose recipient's address nobody knew: since when that is asked, and what was told.
alter table returns add column address_asked_at timestamptz, add column back_to jsonb;
create index returns_without_address on returns (address_asked_at) where address_asked_at is not null and back_to is null;

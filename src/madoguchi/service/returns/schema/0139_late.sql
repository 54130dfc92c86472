-- What comes after its return was called off or had expired is decided by a person.
alter table return_units add column late boolean not null default false;

-- Goods that came back whole stand in the store's shelf again: when it was told so, and why not where it did not take them.
alter table return_units
  add column shelved_at timestamptz,
  add column shelf_code text,
  add constraint only_what_is_there_is_shelved check (shelved_at is null or disposition = 'restock');
create index return_units_to_shelve on return_units (id)
  where disposition = 'restock' and booked = 'returned' and shelved_at is null;

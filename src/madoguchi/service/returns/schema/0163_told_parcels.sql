-- Whoever sends something back on their own way tells by which carrier and under which number. What two returns of one
-- customer bring may come in one parcel; what a carrier was asked to carry is of one return.
alter table return_parcels
  drop constraint return_parcels_carrier_number_key,
  add column told boolean not null default false;
create unique index return_parcels_announced on return_parcels (carrier, number) where not told;
create unique index return_parcels_told on return_parcels (return_id) where told;
create index return_parcels_number on return_parcels (number);

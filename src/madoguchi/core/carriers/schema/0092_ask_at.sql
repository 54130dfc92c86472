-- A parcel of which its carrier has not heard is asked about again, later than one that something was just agreed about.
drop index carrier_parcels_ask_again;
alter table carrier_parcels add column ask_at timestamptz;  -- null: with the next news
update carrier_parcels set ask_at = synced_at where ask_again;
alter table carrier_parcels drop column ask_again;
create index carrier_parcels_ask_at on carrier_parcels (ask_at) where ask_at is not null;

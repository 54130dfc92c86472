-- Carriers ask by their own number.
create index shipments_number on demo_store.shipments (carrier, tracking_number);

-- What is not paid for is the customer's, and goes back to them: in which parcel.
alter table return_units add column sent_back uuid references carrier_consignments;
create index return_units_sent_back on return_units (sent_back) where sent_back is not null;

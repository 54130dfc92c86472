-- Beside what customers send back, parcels that go out to them: the document says which of both it is.
update carrier_consignments set document = document || '{"kind": "back"}';
create index carrier_consignments_out on carrier_consignments (id) where document ->> 'kind' = 'out';

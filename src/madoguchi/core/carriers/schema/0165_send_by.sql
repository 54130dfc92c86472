-- Until when what comes back is to be handed over to its carrier; null: nobody said.
alter table carrier_consignments add column send_by timestamptz;

-- Which advance a unit was given by, before anybody had looked at it.
alter table return_units add column advance_id uuid references ledger_advances;
update return_units u set advance_id = a.id from ledger_advances a
  where a.subject = 'return:' || u.return_id and a.settled_at is null and u.booked = 'returned';

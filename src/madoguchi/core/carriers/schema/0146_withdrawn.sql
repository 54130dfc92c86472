-- What was announced and will not be sent: since when, and what its carrier said to that.
alter table carrier_consignments
  add column withdrawn_at timestamptz,
  add column withdrawal   text,          -- done, or why not
  add check (withdrawal is null or withdrawn_at is not null);

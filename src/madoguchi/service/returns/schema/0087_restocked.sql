-- What is as new stands in the shop's shelf again, once the shop was told.
alter table return_units add column restocked_at timestamptz;

-- A subscription is changed by one wish at a time (I7), as a line of an order is.
create unique index requests_one_open_subject on requests (store_id, subject)
  where settled_at is null and subject like 'subscription:%';

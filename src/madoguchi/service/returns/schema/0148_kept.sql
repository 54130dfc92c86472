-- What of a return need not come back, in minor units: so much is believed of a customer within some days.
alter table returns add column kept bigint not null default 0 check (kept >= 0);

-- What the gift options of an order cost, beside its lines and the shipping.
alter table demo_store.orders add gift_fee bigint not null default 0 check (gift_fee >= 0);

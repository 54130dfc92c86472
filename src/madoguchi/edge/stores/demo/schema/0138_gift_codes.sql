-- What is printed on the slip in the parcel of a present, so that whoever got it can send it back.
alter table demo_store.orders add gift_code text;
create unique index orders_gift_code on demo_store.orders (shop_id, gift_code) where gift_code is not null;
-- Whose the method is, where it is not of whoever ordered.
alter table demo_store.payments add customer_ref text;

-- By which a present is found when whoever got it shows its code; as codes are compared.
alter table orders add column gift_code text;
create index orders_gift_code on orders (store_id, gift_code) where gift_code is not null;

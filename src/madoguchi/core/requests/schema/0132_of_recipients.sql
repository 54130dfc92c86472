-- What whoever got a present wishes about it works on an order of which they do not hear.
alter table requests
  add column gift_id uuid,
  add foreign key (gift_id, order_id, customer_id) references gifts (id, order_id, customer_id);

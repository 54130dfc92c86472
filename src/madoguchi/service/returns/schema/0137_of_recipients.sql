-- What whoever got a present sends back is theirs, and of the order of somebody else.
alter table returns
  add column gift_id uuid,
  add foreign key (gift_id, order_id, customer_id) references gifts (id, order_id, customer_id);

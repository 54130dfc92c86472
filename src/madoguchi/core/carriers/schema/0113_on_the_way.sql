-- What is on its way is looked through once; after that only what the mirror has heard of since.
drop index orders_on_the_way;
create index orders_on_the_way on orders (synced_at) where state in ('partly_shipped', 'shipped');

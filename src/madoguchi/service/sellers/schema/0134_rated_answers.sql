-- What a customer asked before buying is rated by its thread, where there is no order.
alter table seller_ratings
  alter column order_id drop not null,
  add column case_id uuid unique references seller_threads,
  add check ((order_id is null) <> (case_id is null));

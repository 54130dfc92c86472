-- What the shop tells the people of sellers by itself; nobody's message centre shows it.
alter table messages
  alter column customer_id drop not null,
  add column seller_person_id uuid references seller_people,
  add check ((customer_id is null) <> (seller_person_id is null)),
  drop constraint messages_event_id_template_key;
-- a reaction may run twice, and tells each of a seller's people
create unique index messages_once on messages (event_id, template, coalesce(customer_id, seller_person_id));

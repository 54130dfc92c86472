-- Photos of both sides: the customer's, which the seller sees where the customer says so, and those of the answer.
alter table guarantee_claims
  add column photos_shown  boolean not null default false,
  add column seller_photos jsonb not null default '[]';

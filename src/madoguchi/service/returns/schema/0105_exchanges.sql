-- Of an exchange: the order by which the new goods go out, and what they cost less than those that come back.
alter table returns
  add column out_ref  text,
  add column out_less bigint not null default 0 check (out_less >= 0);
create index returns_out on returns (store_id, out_ref) where out_ref is not null;

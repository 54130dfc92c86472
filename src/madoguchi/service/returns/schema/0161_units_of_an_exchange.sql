-- In an exchange each unit has its own new goods: where they go out, whether they were called off, what they cost less.
alter table return_units
  add column out_ref    text,                            -- the store's order by which other goods went out for it
  add column called_off boolean not null default false,  -- they were called off: it is for its price
  add column less       bigint not null default 0 check (less >= 0),
  add constraint out_or_off check (out_ref is null or not called_off);
update return_units u set less = r.out_less from returns r
where r.id = u.return_id and r.out_less > 0
  and u.id = (select first.id from return_units first where first.return_id = r.id order by first.id limit 1);
update return_units u set out_ref = r.out_ref from returns r
where r.id = u.return_id and u.replaced and r.out_ref is not null;
alter table returns drop column out_less;

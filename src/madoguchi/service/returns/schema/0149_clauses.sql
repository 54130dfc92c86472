-- Which clauses of the law had a part in what is given for a unit.
alter table return_units add column clauses text[] not null default '{}';

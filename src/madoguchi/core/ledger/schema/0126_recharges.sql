-- Money that was given back early and was taken again: its tender and its units count it as given back no more, while the
-- store's own figure of it stays.
alter table ledger_tenders add column recharged bigint not null default 0 check (recharged >= 0);
alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'keep', 'release', 'store', 'reverse',
                  'open_return', 'settle_return', 'keep_return', 'drop_return', 'recharge'));

insert into ledger_entries (id, order_id, request_id, step, tender_ref, amount, currency, at)
  select gen_random_uuid(), order_id, id, 'recharge', tender_ref, amount, currency, settled_at
  from ledger_advances where state = 'charged' and not goods;
update ledger_tenders t set refunded = t.refunded - a.amount, recharged = a.amount
  from (select order_id, tender_ref, sum(amount) as amount from ledger_advances
        where state = 'charged' and not goods group by order_id, tender_ref) a
  where a.order_id = t.order_id and a.tender_ref = t.tender_ref;

insert into ledger_entries (id, order_id, request_id, step, line_ref, units, at)
  select gen_random_uuid(), e.order_id, a.id, 'recharge', e.line_ref, e.units, a.settled_at
  from ledger_entries e join ledger_advances a on a.id = e.request_id
  where a.state = 'charged' and not a.goods and e.step = 'keep' and e.line_ref is not null;
update ledger_lines l set kept = l.kept - e.units, refunded = l.refunded - e.units
  from (select order_id, line_ref, sum(units) as units from ledger_entries
        where step = 'recharge' and line_ref is not null group by order_id, line_ref) e
  where e.order_id = l.order_id and e.line_ref = l.line_ref;

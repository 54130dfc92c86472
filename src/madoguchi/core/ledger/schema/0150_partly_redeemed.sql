-- What was given early is redeemed unit by unit: `owed` is what is not redeemed yet, `owed_units` for which units of which
-- lines that was given (null: all of it). While the goods are on their way back, or are looked at, nothing falls due.
alter table ledger_advances add column owed bigint check (owed > 0), add column owed_units jsonb;
alter table ledger_advances add constraint owed_is_a_part check (owed <= amount);
alter table ledger_advances add constraint owed_for_units check ((owed is null) = (owed_units is null));
alter table ledger_advances drop constraint ledger_advances_state_check;
alter table ledger_advances add constraint ledger_advances_state_check check (state in
  ('paid', 'under_way', 'final', 'recovered', 'recharge_due', 'charged', 'forgiven', 'void'));
alter table ledger_advances drop constraint ledger_advances_check;
alter table ledger_advances add constraint ledger_advances_open_or_settled
  check ((state in ('paid', 'under_way', 'recharge_due')) = (settled_at is null));

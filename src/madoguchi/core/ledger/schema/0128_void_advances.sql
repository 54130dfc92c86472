-- Goods whose price was to be given back early, could not be, and is not owed any more: nothing is sent, nothing is taken.
alter table ledger_advances drop constraint ledger_advances_state_check;
alter table ledger_advances add constraint ledger_advances_state_check
  check (state in ('paid', 'final', 'recovered', 'recharge_due', 'charged', 'forgiven', 'void'));
alter table refund_intents drop constraint refund_intents_state_check;
alter table refund_intents add constraint refund_intents_state_check check (state in
  ('planned', 'reserved', 'sent', 'pending', 'unknown', 'succeeded', 'failed', 'rerouted', 'dropped'));

alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'keep', 'release', 'store', 'reverse',
                  'open_return', 'settle_return', 'keep_return', 'drop_return', 'recharge', 'drop'));

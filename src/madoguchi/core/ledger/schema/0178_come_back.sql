-- Units that were made good though nothing came turn up after all.
alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'keep', 'release', 'store', 'reverse', 'open_return',
                  'settle_return', 'keep_return', 'drop_return', 'come_back', 'recharge', 'drop'));

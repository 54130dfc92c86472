-- Units that were made good and stay where they are: refunded without a return, or sent again.
alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'keep', 'release', 'store', 'reverse'));

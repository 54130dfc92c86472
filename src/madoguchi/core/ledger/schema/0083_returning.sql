-- Units that are to come back: set aside while they are on their way, then returned, kept by the customer, or free again.
alter table ledger_entries drop constraint ledger_entries_step_check;
alter table ledger_entries add constraint ledger_entries_step_check
  check (step in ('opening', 'reserve', 'settle', 'keep', 'release', 'store', 'reverse',
                  'open_return', 'settle_return', 'keep_return', 'drop_return'));

-- What was sent in advance is called back like money; and goods that are back need nobody's word.
alter table ledger_advances add column goods boolean not null default false;
alter table ledger_advances drop constraint ledger_advances_check4;
alter table ledger_advances add constraint forgiven_by_somebody check (state <> 'forgiven' or decided_by is not null);

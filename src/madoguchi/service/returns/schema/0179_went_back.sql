-- A parcel that was called lost, and made good, went back to whoever sent it: a leader decides whether it is expected.
alter table returns
  drop constraint returns_doubt_check,
  drop constraint returns_check4,
  add constraint returns_doubt_check check (doubt in ('search', 'missing', 'went_back', 'expected')),
  add constraint returns_doubt_until_check
    check (coalesce(doubt in ('search', 'expected'), false) = (doubt_until is not null));
drop index returns_missing;
create index returns_in_doubt on returns (changed_at) where doubt in ('missing', 'went_back');

-- By when people decide about a claim, and when it was raised that they had not.
alter table guarantee_claims
  add column decide_by timestamptz,
  add column raised_at timestamptz;
update guarantee_claims set decide_by = changed_at + interval '72 hours' where state in ('under_review', 'appealed');
alter table guarantee_claims
  add check ((state in ('under_review', 'appealed')) <= (decide_by is not null));
drop index guarantee_claims_to_decide;
create index guarantee_claims_to_decide on guarantee_claims (decide_by) where state in ('under_review', 'appealed');

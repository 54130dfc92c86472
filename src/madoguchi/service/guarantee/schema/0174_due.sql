-- What was granted while some of the goods were on their way back: the money goes once they are not (`waits_since`: since
-- when it waits for them, which the customer is told once). A claim may end at any time because the goods were made good
-- in another way.
alter table guarantee_claims
  add column waits_since timestamptz,
  drop constraint guarantee_claims_state_check,
  add constraint guarantee_claims_state_check check (state in ('opened', 'waiting_seller', 'seller_resolved',
    'seller_refused', 'seller_silent', 'under_review', 'due', 'granted', 'denied', 'withdrawn', 'appealed', 'upheld',
    'reversed', 'overtaken')),
  drop constraint guarantee_claims_check3,
  add constraint guarantee_claims_counts check
    ((state in ('granted', 'denied', 'appealed', 'upheld', 'reversed')) <= (counts is not null));
drop index guarantee_claims_one;
create unique index guarantee_claims_one on guarantee_claims (order_id) where state in
  ('opened', 'waiting_seller', 'seller_resolved', 'seller_refused', 'seller_silent', 'under_review', 'due', 'appealed');

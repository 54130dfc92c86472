-- Subscriptions renew by the clock: a period that could not be charged waits, and another plan begins with the next one.
alter table demo_store.subscriptions drop constraint subscriptions_state_check;
alter table demo_store.subscriptions
  add constraint subscriptions_state_check check (state in ('active', 'past_due', 'ends_at_renewal', 'ended')),
  add next_plan_ref text;
create index subscriptions_renewing on demo_store.subscriptions (shop_id, renews_at)
  where state in ('active', 'past_due');

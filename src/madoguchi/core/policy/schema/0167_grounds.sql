-- Why something was decided is asked by quote, and by customer.
create index policy_decisions_quoted on policy_decisions (quote_id) where quote_id is not null;
create index policy_decisions_for on policy_decisions (customer_id, decided_at desc);

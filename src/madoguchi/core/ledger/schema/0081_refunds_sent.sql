-- The nightly comparison asks for what was sent to a shop's provider since a moment.
create index refund_intents_sent on refund_intents (store_id, sent_at) where sent_at is not null;

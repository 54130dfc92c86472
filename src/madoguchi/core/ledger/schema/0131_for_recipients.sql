-- I5, opened for one case: what a present cost may go to whoever got it, to a balance of their own, whatever it was paid
-- with. That it is their present, the database knows by the gift.
alter table refund_intents
  add column gift_id uuid,
  add foreign key (gift_id, order_id, customer_id) references gifts (id, order_id, customer_id),
  add constraint i5_to_the_recipient_of_a_gift check ((destination = 'recipient') = (gift_id is not null)),
  drop constraint i5_same_kind,
  add constraint i5_same_kind check
    (tender_kind not in ('gift_balance', 'points', 'store_credit') or destination in ('original', 'recipient')),
  drop constraint refund_intents_destination_check,
  add constraint refund_intents_destination_check check
    (destination in ('original', 'gift_balance', 'bank', 'credit', 'recipient'));

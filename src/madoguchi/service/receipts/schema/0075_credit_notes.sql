-- Beside receipts, credit notes for what was given back; each kind of an order has its own first issue.
alter table receipts add column kind text not null default 'receipt' check (kind in ('receipt', 'credit_note'));
alter table receipts alter column kind drop default;
alter table receipts drop constraint receipts_order_id_issue_key;
alter table receipts add unique (order_id, kind, issue);
-- What was issued so far said less. The shipping, which had a field of its own, becomes a row like the others.
update receipts set document = (document - '{shipping,returned,returned_rates,marked}'::text[])
  || jsonb_build_object(
    'kind', 'receipt', 'lang', shop.locale, 'zone', shop.time_zone, 'address', '', 'standard', shop.standard,
    'paid', '[]'::jsonb, 'returns', '[]'::jsonb, 'replaces', null,
    'items', (document->'items') || case when (document->'shipping'->>'amount')::bigint = 0 then '[]'::jsonb
      else jsonb_build_array(jsonb_build_object('name', jsonb_build_object('key', 'receipts.shipping'), 'quantity', 1,
                                                'amount', document->'shipping', 'rate', shop.standard)) end)
from (select r.id, s.locale, s.time_zone,
             (select coalesce(max((part->>'rate')::int), 0) from jsonb_array_elements(r.document->'rates') part) standard
      from receipts r join orders o on o.id = r.order_id join stores s on s.id = o.store_id) shop
where shop.id = receipts.id;

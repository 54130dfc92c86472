-- A copy of everything the shop told a customer by itself, in the words and the language it was told in.
create table messages (
  id          uuid primary key,
  event_id    uuid not null,
  template    text not null,
  customer_id uuid not null references customers,
  case_id     uuid references cases,
  order_id    uuid references orders,
  locale      text not null check (locale in ('ja', 'en', 'zh', 'ko')),
  subject     text not null,
  body        text not null,
  slip        jsonb,
  check_code  text not null unique,
  created_at  timestamptz not null,
  read_at     timestamptz,
  unique (event_id, template)             -- a reaction may run twice
);
create index messages_customer on messages (customer_id, created_at desc, id desc);
create index messages_unread on messages (customer_id) where read_at is null;

-- Each sending outside. `mail` is what goes over the wire; it may hold a one-time code and is forgotten once settled.
create table deliveries (
  id          uuid primary key,
  message_id  uuid not null references messages,
  channel     text not null check (channel in ('mail')),
  address     text not null,
  header_id   text not null,              -- Message-ID without its brackets
  mail        bytea,
  state       text not null check (state in ('queued', 'sending', 'sent', 'failed', 'suppressed')),
  attempts    int not null default 0,
  next_try_at timestamptz,                -- while sending: when the sender counts as gone
  expires_at  timestamptz,                -- after which nobody needs it
  refusal     text check (refusal in ('later', 'mail', 'address')),
  last_error  text,
  created_at  timestamptz not null,
  sent_at     timestamptz,
  unique (message_id, channel, address),
  check ((state in ('queued', 'sending')) = (mail is not null)),
  check ((state in ('queued', 'sending')) = (next_try_at is not null)),
  check ((state = 'sent') = (sent_at is not null))
);
create index deliveries_due on deliveries (next_try_at) where next_try_at is not null;
create index deliveries_address on deliveries (address, created_at);

alter table messages enable row level security;
alter table deliveries enable row level security;
create policy messages_own on messages to madoguchi_app using (acts_for(customer_id));
create policy deliveries_ours on deliveries to madoguchi_app using (is_ours());
grant select, insert, update on messages, deliveries to madoguchi_app;

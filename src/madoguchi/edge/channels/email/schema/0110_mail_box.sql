-- The development mail box: mails as they arrived over SMTP, in the demo only.
create table caught_mails (
  id         uuid primary key,
  caught_at  timestamptz not null,
  address    text not null,               -- to whom the envelope was addressed
  sender     text not null,
  subject    text not null,
  message_id text not null,
  body       text not null,
  html       text,
  raw        bytea not null
);
create index caught_mails_address on caught_mails (address, id desc);
alter table caught_mails enable row level security;
create policy caught_mails_system on caught_mails to madoguchi_app using (is_system());
grant select, insert on caught_mails to madoguchi_app;

-- A customer asks a marketplace seller: about an order, or about a product before buying it. The case holds what is said
-- and whose it is; this row, which the seller reads, tells nothing of that.
create table seller_threads (
  case_id     uuid primary key references cases,
  seller_id   uuid not null references sellers,
  order_id    uuid references orders,
  product_ref text,
  alias       text not null,               -- what the customer is called towards the seller
  topic       text not null check (topic in ('delivery', 'return', 'product', 'invoice', 'other')),
  wanted      text not null check (wanted in ('answer', 'replacement', 'refund', 'other')),
  opened_at   timestamptz not null,
  check ((order_id is null) <> (product_ref is null))
);
create index seller_threads_seller on seller_threads (seller_id, opened_at desc);
create index seller_threads_order on seller_threads (order_id) where order_id is not null;

-- What waits for an answer of the seller, or waited: the first word that was not answered, and by when it is to be.
create table seller_questions (
  id          uuid primary key,
  case_id     uuid not null references seller_threads,
  seq         int not null,
  asked_at    timestamptz not null,
  due_at      timestamptz not null,
  remind_at   timestamptz not null,
  reminded_at timestamptz,
  silent_at   timestamptz,                 -- when everybody was told that nothing came in time
  answered_at timestamptz,
  foreign key (case_id, seq) references entries
);
create unique index seller_questions_open on seller_questions (case_id) where answered_at is null;
create index seller_questions_case on seller_questions (case_id, asked_at);
create index seller_questions_remind on seller_questions (remind_at) where answered_at is null and reminded_at is null;
create index seller_questions_due on seller_questions (due_at) where answered_at is null and silent_at is null;

alter table seller_threads enable row level security;
alter table seller_questions enable row level security;
create policy seller_threads_ours on seller_threads to madoguchi_app using (is_ours());
create policy seller_threads_sellers on seller_threads for select to madoguchi_app using (seller_id = acting_seller());
create policy seller_threads_customers on seller_threads for select to madoguchi_app
  using (exists (select 1 from cases where cases.id = case_id));
create policy seller_questions_ours on seller_questions to madoguchi_app using (is_ours());
create policy seller_questions_theirs on seller_questions for select to madoguchi_app
  using (exists (select 1 from seller_threads t where t.case_id = seller_questions.case_id));
grant select, insert, update on seller_threads, seller_questions to madoguchi_app;

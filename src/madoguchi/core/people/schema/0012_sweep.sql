-- What is over is deleted every hour; session ids stay in cases and contacts as plain facts.
grant delete on sessions, one_time_codes to madoguchi_app;
create index one_time_codes_age on one_time_codes (created_at);
create index shop_tokens_used_age on shop_tokens_used (expires_at);
create index sessions_end on sessions ((least(ended_at, expires_at)));

-- what a leader said to what was decided, for whoever sent it back
alter table returns add column answer text check (length(answer) <= 1000);

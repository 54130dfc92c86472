-- What somebody decided, and what was decided for them, is read at every visit to the page of approvals.
create index requests_decided_by on requests (decided_by, decided_at) where decided_at is not null;
create index requests_decided_for on requests (actor_id, decided_at) where decided_at is not null;

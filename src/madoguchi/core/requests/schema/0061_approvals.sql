-- A wish beyond what its actor may grant waits for somebody else; one that was not begun can be withdrawn.
alter table requests drop constraint requests_state_check;
alter table requests add constraint requests_state_check check (state in
  ('needs_approval', 'confirmed', 'executing', 'asked', 'done', 'partly_done', 'failed', 'cancelled'));
alter table requests drop constraint requests_check;
alter table requests add constraint requests_settled
  check ((state in ('done', 'partly_done', 'failed', 'cancelled')) = (settled_at is not null));
alter table requests
  add column subject       text,          -- what it is about where that is no order
  add column approval_role text check (approval_role in ('associate', 'leader', 'admin')),
  add column decided_by    uuid references staff,
  add column decided_at    timestamptz,
  add column decision_note text,
  add constraint approver_is_not_requester check (decided_by <> actor_id),
  add check ((decided_by is null) = (decided_at is null)),
  add check (state <> 'needs_approval' or (approval_role is not null and decided_at is null));
create index requests_awaiting on requests (created_at) where state = 'needs_approval';

-- Who opens what comes back works here as well, and is nobody whom a customer talks to.
alter table staff drop constraint staff_role_check;
alter table staff add constraint staff_role_check check (role in ('associate', 'leader', 'admin', 'warehouse'));

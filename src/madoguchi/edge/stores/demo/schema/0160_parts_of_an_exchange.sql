-- Units of what is held for an exchange go out, or are called off, by themselves.
alter table demo_store.order_lines
  add parted    int not null default 0 check (parted between 0 and cancelled),  -- go out in an order of their own
  add exchanges text,                                                            -- the line of which units come back
  add carried   bigint check (carried >= 0),                                     -- what of the total these pay
  add constraint exchange_lines check ((exchanges is null) = (carried is null));

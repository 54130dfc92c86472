-- I4: a fee that was taken off what was given early is given back (less than nothing) when the carrier loses the parcel.
alter table return_fees drop constraint return_fees_amount_check;
alter table return_fees add constraint return_fees_amount_check check (amount <> 0);

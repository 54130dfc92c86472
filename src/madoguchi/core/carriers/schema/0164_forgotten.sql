-- What a customer says to send under a number is known from then on, and forgotten where they correct themselves.
grant delete on carrier_parcels to madoguchi_app;

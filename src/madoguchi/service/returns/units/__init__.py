"""Units that come back, row by row: what was found, what is given, which wish settles them. Changed by returns only."""

"""Photos that people showed: decoded and encoded anew, told by id, seen by whoever showed them and by staff."""

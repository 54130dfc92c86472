"""Work items: a case's stay with people, from the line to somebody's hands to the end. Called by routing only."""

"""Documents as PDF: a layout of ours and the words that stand in it, set within the process, with its own fonts."""

"""What we do for a customer. The rooms here are strangers to each other; what they share stands in core."""

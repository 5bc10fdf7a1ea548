"""What the customer allows us to send."""

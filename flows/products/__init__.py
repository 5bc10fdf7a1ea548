"""What the shop sells: told, compared, recommended, ordered, and told again when it is back."""

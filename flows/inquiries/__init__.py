"""What customers ask before they buy."""

"""Looking after the whole: what care would send, the emergency stops, who has an account, who did what."""

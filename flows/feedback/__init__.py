"""What customers say of us: praise, ideas, stars, and answers to surveys."""

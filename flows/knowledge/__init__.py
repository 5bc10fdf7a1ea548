"""What the shop knows: versioned entries, one Markdown file each, and how the one is found that answers a question."""

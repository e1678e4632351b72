"""From bytes to entries, and when to ask again."""

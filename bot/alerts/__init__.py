"""From stories to messages, and what becomes of each."""

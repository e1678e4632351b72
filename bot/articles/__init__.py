"""From pages to readable text, and what that text is worth."""

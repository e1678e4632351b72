"""What an edit of the configuration would change, and what each part of it is good for. Pure."""

"""What readers say back: a click or a command becomes what is to be stored and what is answered. Pure."""

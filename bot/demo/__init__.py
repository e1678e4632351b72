"""A small world of our own on loopback: feeds, pages, people and labs, all invented. `talentwire demo` plays it."""

"""Offline: labelled rows -> figures, new weights, and lexicon lines worth a look. Nothing here runs in the service."""

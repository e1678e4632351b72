"""The stages of the pipeline, a file each: what they need is a few seams, what they decide stands in the rooms."""

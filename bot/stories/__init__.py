"""From findings to stories: is it the same event, and was it told?"""

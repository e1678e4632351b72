"""Talentwire: tells a Slack channel who moves where in AI. Start reading at `bot/pipeline.py`."""

__version__ = "0.1.0"

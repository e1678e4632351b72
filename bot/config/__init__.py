"""config.yaml -> a frozen Config, or one ConfigError that names every problem with its line.

`models` says what may be set, `document` reads YAML safely and remembers lines, `loading` finds the file and judges it,
`packs` turns the config into the feeds to poll, `secrets` reads tokens, `reference` makes the JSON schema and the docs.
"""

from bot.config.loading import Report, data_dir, examine, find, judged, load, scrutinise, store_path
from bot.config.models import (
    Burst,
    Config,
    Digest,
    FeedConfig,
    FirstRun,
    HostSettings,
    Manner,
    Mute,
    Network,
    QuietHours,
    Retention,
    Route,
    SlackConfig,
    Thresholds,
    Updates,
    WatchEntry,
    Watchlist,
    Weekday,
)
from bot.config.packs import feeds_of
from bot.config.secrets import secret

__all__ = [
    "Burst",
    "Config",
    "Digest",
    "FeedConfig",
    "FirstRun",
    "HostSettings",
    "Manner",
    "Mute",
    "Network",
    "QuietHours",
    "Report",
    "Retention",
    "Route",
    "SlackConfig",
    "Thresholds",
    "Updates",
    "WatchEntry",
    "Watchlist",
    "Weekday",
    "data_dir",
    "examine",
    "feeds_of",
    "find",
    "judged",
    "load",
    "scrutinise",
    "secret",
    "store_path",
]

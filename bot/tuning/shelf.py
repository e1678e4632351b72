"""Stories in memory, for articles that are placed again: what the pipeline asks of a store when it decides.

Which stories come under a key, and in which order, is as `bot.adapters.store` has it, so that both decide alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from bot.model import Article, EntryId, Feed, Finding, Held, Operation, Preference, Story, StoryId, Verb
from bot.placing import Seen

_LATEST = 48  # stories looked at under one key
_MOST = 24  # stories that come back
_TELLING = (Verb.POST, Verb.REPLY)


class Shelf:
    """What is known of stories at one moment of a replay; it begins with `stories` and what was told of them."""

    def __init__(
        self,
        stories: Iterable[tuple[Story, Iterable[str]]],
        operations: Iterable[Operation],
        preferences: Sequence[Preference],
    ) -> None:
        self.stories: dict[StoryId, Story] = {}
        self.entries: dict[EntryId, StoryId] = {}
        self._keys: dict[StoryId, set[str]] = {}
        self._under: dict[str, dict[StoryId, None]] = {}  # in the order in which stories got the key
        self._told = list(operations)
        self._held: dict[tuple[str, StoryId], Held] = {}
        self._leads: dict[str, tuple[Article, Finding, Feed]] = {}
        self._preferences = preferences
        for story, keys in sorted(stories, key=lambda pair: pair[0].last_seen):
            self._put(story, keys)

    def keep(self, one: Seen, story: Story | None, owed: Sequence[Operation], held: Sequence[Held]) -> None:
        """Take over what was decided of an article."""
        if story is None:
            return
        self._put(story, one.traits.keys)
        self.entries[one.article.entry.id] = story.id
        self._leads[one.article.entry.id] = (one.article, one.finding, one.feed)
        self._told += [operation for operation in owed if operation.verb in _TELLING]
        self._held.update({(row.channel, row.story_id): row for row in held})

    def _put(self, story: Story, keys: Iterable[str]) -> None:
        self.stories[story.id] = story
        known = self._keys.setdefault(story.id, set())
        for key in keys:
            if key not in known:
                known.add(key)
                self._under.setdefault(key, {})[story.id] = None

    def _sharing(self, keys: Iterable[str]) -> dict[StoryId, int]:
        """Return the latest stories under each of `keys`, each with how many it shares."""
        shared: dict[StoryId, int] = {}
        for key in keys:
            for story_id in islice(reversed(self._under.get(key, {})), _LATEST):
                shared[story_id] = shared.get(story_id, 0) + 1
        return shared

    # -- what `bot.pipeline` asks for when it decides: see `bot.ports.Store`

    def candidates(self, keys: Sequence[str], since: datetime) -> Sequence[tuple[Story, frozenset[str]]]:
        """See `Store`."""
        shared = [(self.stories[story_id], count) for story_id, count in self._sharing(keys).items()]
        recent = [(story, count) for story, count in shared if story.last_seen >= since]
        recent.sort(key=lambda pair: (-pair[1], -pair[0].last_seen.timestamp(), pair[0].id))
        return [(story, frozenset(self._keys[story.id])) for story, _ in recent[:_MOST]]

    def preferences(self, at: datetime) -> Sequence[Preference]:
        """See `Store`."""
        return [p for p in self._preferences if p.asked_at <= at and (p.until is None or p.until > at)]

    def saga_operations(self, saga: str) -> Sequence[Operation]:
        """See `Store`."""
        ids = {story.id for story in self.stories.values() if story.saga == saga}
        return [operation for operation in self._told if operation.story_id in ids]

    def held_of(self, story_id: StoryId) -> Sequence[Held]:
        """See `Store`."""
        return [row for row in self._held.values() if row.story_id == story_id]

    def waiting(self) -> Sequence[Held]:
        """See `Store`. What waits for a time that is over was told then."""
        return [row for row in self._held.values() if not row.settled_by]

    def loud(self, channel: str, since: datetime) -> Sequence[datetime]:
        """See `Store`."""
        told = [one for one in self._told if one.channel == channel and one.created_at > since]
        return [one.created_at for one in told if one.verb is Verb.POST or one.broadcast]

    def lead_article(self, story: Story) -> tuple[Article, Finding, Feed] | None:
        """See `Store`."""
        return self._leads.get(story.telling.lead)

"""Stories in memory, for articles that are placed again: what the pipeline asks of a store when it decides.

Which stories come under a key, and in which order, is as `bot.adapters.store` has it, so that both decide alike.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import count, islice
from operator import itemgetter

from bot.model import Article, EntryId, Feed, Finding, Held, HeldFor, Operation, Preference, Story, StoryId, Verb
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
        self._sagas: dict[str, set[StoryId]] = {}
        self._told: dict[StoryId, list[tuple[int, Operation]]] = {}  # numbered, as they were owed
        self._number = count()
        self._loud: dict[str, list[datetime]] = {}  # by channel, in order of time
        self._held: dict[StoryId, dict[str, Held]] = {}
        self._waiting: dict[tuple[str, StoryId], Held] = {}
        self._leads: dict[str, tuple[Article, Finding, Feed]] = {}
        self._preferences = preferences
        for story, keys in sorted(stories, key=lambda pair: pair[0].last_seen):
            self._put(story, keys)
        self._tell(operations)

    def keep(self, one: Seen, story: Story | None, owed: Sequence[Operation], held: Sequence[Held]) -> None:
        """Take over what was decided of an article."""
        if story is None:
            return
        self._put(story, one.traits.keys)
        self.entries[one.article.entry.id] = story.id
        self._leads[one.article.entry.id] = (one.article, one.finding, one.feed)
        self._tell(owed)
        for row in held:
            self._held.setdefault(row.story_id, {})[row.channel] = row
            if row.settled_by:
                self._waiting.pop((row.channel, row.story_id), None)
            else:
                self._waiting[row.channel, row.story_id] = row

    def _tell(self, operations: Iterable[Operation]) -> None:
        for one in operations:
            if one.verb in _TELLING:
                self._told.setdefault(one.story_id, []).append((next(self._number), one))
            if one.verb is Verb.POST or one.broadcast:
                insort(self._loud.setdefault(one.channel, []), one.created_at)

    def _put(self, story: Story, keys: Iterable[str]) -> None:
        before = self.stories.get(story.id)
        if before and before.saga != story.saga:
            self._sagas[before.saga].discard(story.id)
        self._sagas.setdefault(story.saga, set()).add(story.id)
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

    def known_of(self, story_id: StoryId) -> tuple[object, ...]:
        """Return all that later decisions can ask of a story, to be compared."""
        story = self.stories.get(story_id)
        lead = self.lead_article(story) if story else None
        told = [operation for _, operation in self._told.get(story_id, ())]
        return story, self._keys.get(story_id), lead, told, self._held.get(story_id, {})

    def touches(self, keys: Iterable[str], ids: Collection[str]) -> bool:
        """Tell whether one of the stories `ids`, or one of the sagas `ids`, comes under one of `keys`."""
        return any(
            story_id in ids or self.stories[story_id].saga in ids
            for key in keys
            for story_id in islice(reversed(self._under.get(key, {})), _LATEST)
        )

    def calm_since(self, since: datetime) -> tuple[object, ...]:
        """Return what the channels got since then and what waits, to be compared."""
        loud = {channel: self.loud(channel, since) for channel in self._loud}
        bursts = {place: row.until for place, row in self._waiting.items() if row.reason is HeldFor.BURST}
        return {c: times for c, times in loud.items() if times}, bursts

    # -- what `bot.pipeline` asks for when it decides: see `bot.ports.Store`

    def candidates(self, keys: Sequence[str], since: datetime) -> Sequence[tuple[Story, frozenset[str]]]:
        """See `Store`."""
        shared = [(self.stories[story_id], times) for story_id, times in self._sharing(keys).items()]
        recent = [(story, times) for story, times in shared if story.last_seen >= since]
        recent.sort(key=lambda pair: (-pair[1], -pair[0].last_seen.timestamp(), pair[0].id))
        return [(story, frozenset(self._keys[story.id])) for story, _ in recent[:_MOST]]

    def preferences(self, at: datetime) -> Sequence[Preference]:
        """See `Store`."""
        return [p for p in self._preferences if p.asked_at <= at and (p.until is None or p.until > at)]

    def saga_operations(self, saga: str) -> Sequence[Operation]:
        """See `Store`."""
        told = [pair for story_id in self._sagas.get(saga, ()) for pair in self._told.get(story_id, ())]
        return [operation for _, operation in sorted(told, key=itemgetter(0))]

    def held_of(self, story_id: StoryId) -> Sequence[Held]:
        """See `Store`."""
        return list(self._held.get(story_id, {}).values())

    def waiting(self) -> Sequence[Held]:
        """See `Store`. What waits for a time that is over was told then."""
        return list(self._waiting.values())

    def loud(self, channel: str, since: datetime) -> Sequence[datetime]:
        """See `Store`."""
        times = self._loud.get(channel, [])
        return times[bisect_right(times, since) :]

    def lead_article(self, story: Story) -> tuple[Article, Finding, Feed] | None:
        """See `Store`."""
        return self._leads.get(story.telling.lead)

"""Print, per language and class of trigger, how many entries there are and how often our own stories meet them.

    python -m benchmarks.corners

Each cell is entries/hits; a pattern counts as one entry. A class without entries, or one that nothing ever meets, shows.
"""

from __future__ import annotations

import sys
from collections import Counter

from bot.lexicon import EVENTS, FLAGS, load
from bot.moves.judge import compile_watch, weigh
from bot.teach.rows import examples, lexicon_examples

CLASSES = (*EVENTS, *FLAGS)


def main() -> int:
    """Print the table; 0, or 1 where a language has no entry for a class."""
    lexicon = load()
    watch = compile_watch(lexicon)
    entries: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    for code, language in lexicon.languages.items():
        for block in language.triggers:
            entries[code, block.kind] += len(block.strong) + len(block.weak)
        for pattern in language.patterns:
            entries[code, pattern.kind] += 1
    for row in (*lexicon_examples(lexicon), *examples()):
        weighed = weigh(watch, row.title, row.body, row.language)
        for sentence in weighed.reading.sentences if weighed else ():
            hits.update((row.language, hit.term.value) for kind in ("trigger", "flag") for hit in sentence.of(kind))
    print("     " + "".join(f"{name[:9]:>10}" for name in CLASSES))
    for code in lexicon.languages:
        print(f"{code:<5}" + "".join(f"{entries[code, name]:>6}/{hits[code, name]:<3}" for name in CLASSES))
    return int(any(not entries[code, name] for code in lexicon.languages for name in CLASSES))


if __name__ == "__main__":
    sys.exit(main())

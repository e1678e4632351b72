"""What each class of trigger says: where its mover stands and which end of the move a slot fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Frame:
    """One class of trigger.

    `mover` is the side of the verb on which the mover stands, `subject` the end that the acting organisation is,
    `unmarked` the end that a bare organisation after the verb is, and `slots` maps markers (source, goal, place, of,
    agent) to ends. Ends are "from" and "to".
    """

    mover: str
    subject: str = ""
    unmarked: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)


def _frame(mover: str, subject: str = "", unmarked: str = "", **slots: str) -> Frame:
    return Frame(mover, subject, unmarked, MappingProxyType(slots))


FRAMES: Mapping[str, Frame] = MappingProxyType(
    {
        "join": _frame("left", unmarked="to", source="from", goal="to", place="to", object="to"),
        "move": _frame("left", source="from", goal="to", place="to", object="from"),
        "hire": _frame("right", subject="to", source="from", goal="to", agent="to", of="from"),
        "poach": _frame("right", subject="to", source="from", goal="to", agent="to", of="from"),
        "leave": _frame("left", unmarked="from", source="from", goal="to", place="from", of="from", object="from"),
        "lose": _frame("right", subject="from", goal="to", agent="to"),
        "oust": _frame("right", subject="from", source="from", place="from", of="from", agent="from", object="from"),
        "appoint": _frame("right", subject="to", source="from", goal="to", place="to", of="to", agent="to"),
        "become": _frame("left", unmarked="to", source="from", goal="to", place="to", of="to"),
        "found": _frame("left", unmarked="to", source="from", object="to"),
        "arrival": _frame("noun", subject="to", source="from", goal="to", place="to", agent="to"),
        "departure": _frame("noun", subject="from", source="from", goal="to", place="from", of="from"),
        "stay": _frame("left", unmarked="to", source="to", goal="to", place="from", agent="to"),
    }
)

JOINING = frozenset({"join", "move", "hire", "poach", "appoint", "become", "found", "arrival"})
LEAVING = frozenset({"leave", "lose", "oust", "departure"})

"""The stack of flows under way: each that the customer sees, with what it called and what speaks in between on top."""

from __future__ import annotations

from collections.abc import Sequence

from flows.engine.model import Flow, FlowBook
from flows.engine.state import Frame


def begin_of(stack: Sequence[Frame], at: int) -> int:
    """Return where the flow begins that the frame at ``at`` is a part of."""
    while at > 0 and (stack[at].called or stack[at].between):
        at -= 1
    return at


def take_out(book: FlowBook, stack: list[Frame], matter: str) -> list[Frame]:
    """Take the nearest flow of this matter, with its parts, from below the one on top; empty where there is none."""
    at = begin_of(stack, len(stack) - 1) - 1
    while at >= 0:
        begin = begin_of(stack, at)
        if book.flows[stack[begin].flow].matter == matter:
            group = stack[begin : at + 1]
            del stack[begin : at + 1]
            return group
        at = begin - 1
    return []


def going_over(frame: Frame, flow: Flow, *, called: bool) -> Frame:
    """Return a frame of ``flow`` that goes on with what ``frame`` knows of the slots that both declare."""
    shared = {name: value for name, value in frame.slots.items() if name in flow.slots}
    skipped = tuple(name for name in frame.skipped if name in flow.slots)
    between = frame.between if flow.pattern is not None else ""
    return Frame(flow.name, None, shared, skipped=skipped, opening=frame.opening, called=called, between=between)

"""Bring a stored talk in line with the flows of today.

A talk may be older than the flows: an upgrade or the shop took one away, or renamed
the step where it stood. The customer then starts that task afresh.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.engine.model import END, FlowBook
from flows.engine.state import Frame


def without_gone_flows(book: FlowBook, stack: Sequence[Frame]) -> tuple[list[Frame], list[str]]:
    """Return the frames that can go on, and a line of the trace for each flow that cannot."""
    kept: list[Frame] = []
    trace: list[str] = []
    for group in _groups(stack):
        if not group[0].called and all(_exists(book, frame) for frame in group):
            kept.extend(group)
        else:
            trace.append(f"dropped {group[0].flow}: the flow or the step where it stood is gone")
    return kept, trace


def _groups(stack: Sequence[Frame]) -> list[list[Frame]]:
    """Each flow that the customer sees, with the parts that it called."""
    groups: list[list[Frame]] = []
    for frame in stack:
        if frame.called and groups:
            groups[-1].append(frame)
        else:
            groups.append([frame])
    return groups


def _exists(book: FlowBook, frame: Frame) -> bool:
    flow = book.flows.get(frame.flow)
    return flow is not None and (frame.step is None or frame.step == END or frame.step in flow.steps)

"""Bring a stored talk in line with the flows of today.

A talk may be older than the flows: an upgrade or the shop took one away, or renamed
the step where it stood. Where the flow says what became of the step (`renamed`), the
talk goes on there; else the customer starts that task afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.engine.model import END, FlowBook
from flows.engine.state import Frame


def without_gone_flows(book: FlowBook, stack: Sequence[Frame]) -> tuple[list[Frame], list[str]]:
    """Return the frames that can go on, and a line of the trace for each flow that cannot."""
    kept: list[Frame] = []
    trace: list[str] = []
    for group in _groups([_as_of_today(book, frame) for frame in stack]):
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


def _as_of_today(book: FlowBook, frame: Frame) -> Frame:
    """Return the frame at the step that its own is called today, without slots that are gone."""
    flow = book.flows.get(frame.flow)
    if flow is None:
        return frame
    known = {name: value for name, value in frame.slots.items() if name in flow.slots}
    return replace(frame, step=flow.renamed.get(frame.step or "", frame.step), slots=known)


def _exists(book: FlowBook, frame: Frame) -> bool:
    flow = book.flows.get(frame.flow)
    return flow is not None and (frame.step is None or frame.step == END or frame.step in flow.steps)

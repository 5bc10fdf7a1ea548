"""The confusion of intents as a picture: what was expected down, what it was taken for across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from nlu.evaluate import Scored

_CELL = 14  # pixels
_NAMES = 210  # pixels for the names on the left, and above
_FONT = 'font-family="system-ui, sans-serif" font-size="10"'


def confusion_svg(scored: Sequence[Scored]) -> str:
    """Return an SVG of a row per expected intent; right answers are green, the others redder the more there are."""
    cells = Counter((one.example.intent, one.counted_as) for one in scored)
    names = sorted({name for pair in cells for name in pair})
    totals = Counter(one.example.intent for one in scored)
    side = _NAMES + _CELL * len(names)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 20} {side + 20}" width="{side + 20}" {_FONT}>',
        "<title>What each intent was taken for</title>",
        f'<rect width="{side + 20}" height="{side + 20}" fill="#fff"/>',
    ]
    for place, name in enumerate(names):
        at = _NAMES + place * _CELL
        shown = escape(name)
        drawn.append(f'<text x="{_NAMES - 4}" y="{at + 11}" text-anchor="end">{shown}</text>')
        drawn.append(f'<text transform="translate({at + 11} {_NAMES - 4}) rotate(-90)">{shown}</text>')
        drawn.append(f'<path d="M{_NAMES} {at}H{side}M{at} {_NAMES}V{side}" stroke="#eee"/>')
    for (expected, taken_for), count in sorted(cells.items()):
        x, y = _NAMES + names.index(taken_for) * _CELL, _NAMES + names.index(expected) * _CELL
        share = count / totals[expected]
        colour = "#2e7d32" if expected == taken_for else "#c62828"
        strength = share if expected == taken_for else min(1.0, 0.25 + 2 * share)
        drawn.append(
            f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{colour}" fill-opacity="{strength:.2f}">'
            f"<title>{escape(expected)} → {escape(taken_for)}: {count} of {totals[expected]}</title></rect>"
        )
    return "\n".join([*drawn, "</svg>", ""])

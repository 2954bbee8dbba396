"""Plots as geometry: the template draws them as SVG with classes alone, since no style stands in a page.

Nothing is told by colour alone: series differ in marker and dash and are named beside their last point, bars carry
their numbers. A table with the same numbers stands beside every plot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH = 640
HEIGHT = 260
LEFT, RIGHT, TOP, BOTTOM = 52, 120, 16, 34
MOST_LABELS = 8
BAR = 26
LABEL_WIDTH = 190
_NICE = (4, 8, 20, 40)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where it stands, and its words."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A value in the plot, with the words that tell it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series: its points in pieces (a missing value ends a piece), and where its name stands."""

    name: str
    pieces: tuple[tuple[Point, ...], ...]
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class LinePlot:
    """Lines over one axis of labels."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its label before it and its number behind it."""

    label: str
    text: str
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars that lie below each other."""

    bars: tuple[Bar, ...]
    height: int
    width: int = WIDTH
    left: int = LABEL_WIDTH
    thickness: int = BAR - 8


def line_plot(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    say: Callable[[float], str],
    *,
    most: float | None = None,
) -> LinePlot:
    """Return lines over labels.

    Args:
        labels: of the points, from left to right.
        series: names with one value for each label; None where there is none.
        say: tells a value in words.
        most: the end of the axis; without it, the first round number that no value exceeds.
    """
    known = [value for _, values in series for value in values if value is not None]
    top = most or _round_up(max(known, default=1.0))
    step = (WIDTH - RIGHT - LEFT) / max(1, len(labels) - 1)
    middle = LEFT + (WIDTH - RIGHT - LEFT) / 2

    def x(place: int) -> float:
        return round(LEFT + place * step, 1) if len(labels) > 1 else middle

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP), 1)

    every = max(1, -(-len(labels) // MOST_LABELS))
    x_ticks = tuple(Tick(x(place), label) for place, label in enumerate(labels) if place % every == 0)
    y_ticks = tuple(Tick(y(top * part / 4), say(top * part / 4)) for part in range(5))
    lines = [_line(name, [Point(x(n), y(v), f"{labels[n]}: {say(v)}") if v is not None else None
             for n, v in enumerate(values)]) for name, values in series]  # fmt: skip
    return LinePlot(_apart([line for line in lines if line.pieces]), x_ticks, y_ticks)


def _line(name: str, points: Sequence[Point | None]) -> Line:
    pieces: list[tuple[Point, ...]] = []
    piece: list[Point] = []
    for point in (*points, None):
        if point is not None:
            piece.append(point)
        elif piece:
            pieces.append(tuple(piece))
            piece = []
    last = pieces[-1][-1] if pieces else Point(LEFT, TOP, "")
    return Line(name, tuple(pieces), last.x + 10, last.y + 4)


def _apart(lines: Sequence[Line], least: float = 16) -> tuple[Line, ...]:
    """Move names apart that would stand upon each other."""
    moved: list[Line] = []
    for line in sorted(lines, key=lambda line: line.label_y):
        lowest = moved[-1].label_y + least if moved else line.label_y
        moved.append(Line(line.name, line.pieces, line.label_x, max(line.label_y, lowest)))
    return tuple(line for name in (line.name for line in lines) for line in moved if line.name == name)


def bar_plot(bars: Sequence[tuple[str, float]], say: Callable[[float], str]) -> BarPlot:
    """Return bars for labels and values, in their order."""
    top = max((value for _, value in bars), default=0) or 1
    room = WIDTH - LABEL_WIDTH - 70
    drawn = tuple(
        Bar(_short(label), say(value), 4 + place * BAR, round(value / top * room, 1))
        for place, (label, value) in enumerate(bars)
    )
    return BarPlot(drawn, height=len(bars) * BAR + 8)


def _short(label: str, most: int = 26) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def _round_up(value: float) -> float:
    """Return the end of an axis whose four parts are whole numbers."""
    size = 1.0
    while value > size * _NICE[-1]:
        size *= 10
    return next(size * step for step in _NICE if value <= size * step)

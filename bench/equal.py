#!/usr/bin/env python3
"""equal.py OURS.csv PEERS.csv: every value of two feature tables.

Prints `VALUES LARGEST`, the number of values compared and the largest relative difference, and exits 0 when they are equal: same headings, same rows in
the same order, and in every column the same texts and gaps; columns in which all of ours are whole numbers (counts, days, flags) to the last digit, others to 1e-9 relative.
Else up to five disagreements a column go to standard error, and the exit code is 1.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import csv
import sys

TOLERANCE = 1e-9
SHOWN = 5


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def relative(left, right):
    return 0.0 if left == right else abs(left - right) / max(abs(left), abs(right))


class Column:
    def __init__(self, name):
        self.name, self.whole, self.largest, self.bad, self.pending = name, True, 0.0, 0, None

    def complain(self, row, ours, peers):
        self.bad += 1
        if self.bad <= SHOWN:
            print(f"{self.name} of {','.join(row[:2])}: {ours!r} against {peers!r}", file=sys.stderr)

    def compare(self, row, ours, peers):
        left, right = number(ours), number(peers)
        if left is None or right is None:
            if ours != peers:
                self.complain(row, ours, peers)
            return
        self.whole = self.whole and left.is_integer()
        difference = relative(left, right)
        self.largest = max(self.largest, difference)
        if difference > TOLERANCE:
            self.complain(row, ours, peers)
        elif difference > 0 and self.pending is None:
            self.pending = (row, ours, peers)  # wrong after all if the column turns out to hold whole numbers only

    def finish(self):
        if self.whole and self.pending is not None:
            self.complain(*self.pending)


def main():
    with open(sys.argv[1], newline="") as left, open(sys.argv[2], newline="") as right:
        ours, peers = csv.reader(left), csv.reader(right)
        headings, others = next(ours), next(peers)
        if headings != others:
            sys.exit(f"headings differ: {headings} against {others}")
        columns, values, rows = [Column(name) for name in headings], 0, 0
        for row, other in zip(ours, peers):
            rows += 1
            if row[:2] != other[:2]:
                sys.exit(f"row {rows}: {row[:2]} against {other[:2]}")
            for column, mine, theirs in zip(columns, row, other):
                if mine != theirs:
                    column.compare(row, mine, theirs)
                elif column.whole and mine and not mine.lstrip("-").isdigit():
                    column.whole = False
            values += len(row) - 2
        extra = sum(1 for _ in ours), sum(1 for _ in peers)
    if extra != (0, 0):
        sys.exit(f"{rows} rows in common, then {extra[0]} more of ours, {extra[1]} of the peer's")
    for column in columns:
        column.finish()
    if rows == 0:
        sys.exit("no rows to compare")
    print(values, "%.3g" % max(column.largest for column in columns))
    sys.exit(1 if any(column.bad for column in columns) else 0)


main()

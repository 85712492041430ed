# SPDX-License-Identifier: MIT
"""A chart of times: for each model a bar per contender, best peer = 1."""
from xml.sax.saxutils import escape

BAR, GAP, LEFT, WIDTH = 14, 22, 230, 420
LIMIT = 4.0
COLOURS = {"lwnpu": "#1b6ca8", "peer": "#b0b7bf"}


def _text(x, y, text, anchor="end", weight="normal"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(text)}</text>')


def _bar(y, label, row):
    ratio = row["ratio_to_best_peer"]
    length = min(ratio, LIMIT) / LIMIT * WIDTH
    kind = "lwnpu" if label.startswith("lwnpu") else "peer"
    return [
        _text(LEFT - 8, y + BAR - 3, label),
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 3}" '
        f'fill="{COLOURS[kind]}"/>',
        _text(LEFT + length + 6, y + BAR - 3,
              f"{ratio:.2f}  ({row['median_ms']:.3f} ms)", "start"),
    ]


def draw(times, path):
    parts, y = [], 10
    for title, result in times.items():
        parts.append(_text(LEFT, y + BAR - 3, title, "start", "bold"))
        y += BAR + 4
        for label, row in result["contenders"].items():
            parts += _bar(y, label, row)
            y += BAR
        y += GAP
    one = LEFT + WIDTH / LIMIT
    parts.append(f'<line x1="{one}" x2="{one}" y1="10" y2="{y - GAP}" '
                 'stroke="#000" stroke-dasharray="2 3"/>')
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" '
           f'width="{LEFT + WIDTH + 140}" height="{y}" '
           'font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>"]
    path.write_text("\n".join(svg) + "\n", encoding="utf-8")

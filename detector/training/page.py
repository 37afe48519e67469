"""How the report of an evaluation looks and behaves: one HTML file that needs no network.

Light or dark as the reader's system is set. Plotly's own script is in the file once and draws all figures; what else
moves is the table that is sorted by its columns.
"""

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from plotly.offline import get_plotlyjs

STYLE = """
:root {
  --back: #f6f7f8; --card: #ffffff; --ink: #1c2429; --quiet: #5d6a73; --line: #dde2e6; --mark: #2f7fc1;
  color-scheme: light dark;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
@media (prefers-color-scheme: dark) {
  :root { --back: #0e1316; --card: #161d21; --ink: #e3e9ed; --quiet: #97a5ae; --line: #2a343b; --mark: #5ba6e0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); }
main, header, footer { max-width: 1360px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 32px; }
h1 { font-size: 26px; font-weight: 600; margin: 0 0 2px; }
h2 { font-size: 18px; font-weight: 600; margin: 0 0 2px; }
p { margin: 0 0 14px; color: var(--quiet); max-width: 82ch; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 20px; margin-top: 20px; }
.wide { grid-column: 1 / -1; }
@media (max-width: 1000px) { main { grid-template-columns: minmax(0, 1fr); } main, header, footer { padding: 0 14px; } }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px; margin-top: 20px; }
.cards div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; }
.cards b { display: block; font-size: 30px; font-weight: 600; line-height: 1.25; }
.cards b small { font-size: 16px; font-weight: 400; color: var(--quiet); }
.cards span { color: var(--quiet); font-size: 13px; display: block; }
.cards .name { color: var(--ink); font-size: 14px; font-weight: 600; }
.scroll { overflow: auto; }
.tall { max-height: 560px; }
.figure + .scroll { margin-top: 14px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 5px 9px; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; position: sticky; top: 0; background: var(--card); }
th:first-child, td:first-child { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover td { background: color-mix(in srgb, var(--mark) 8%, transparent); }
th button { all: unset; cursor: pointer; }
th button:hover, th button:focus-visible { color: var(--mark); text-decoration: underline; }
th[aria-sort] button { color: var(--mark); }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
footer { padding-top: 20px; padding-bottom: 40px; font-size: 13px; }
footer p { margin-bottom: 6px; }
@media print { section, .cards div { break-inside: avoid; } .tall { max-height: none; } }
"""

SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
for (const data of document.querySelectorAll("script.figure")) {
  const figure = JSON.parse(data.textContent), place = data.previousElementSibling;
  const draw = () => {
    figure.layout.font.color = ink();
    for (const trace of figure.data) if (trace.type === "heatmap") trace.textfont = { color: ink() };
    Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  };
  draw();
  dark.addEventListener("change", draw);
}
for (const table of document.querySelectorAll("table.sorted")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const value = (row, column) => {
    const text = row.cells[column].textContent.replaceAll(",", "");
    return text === "-" ? null : column ? Number(text) : text;
  };
  const sort = (column, down) => {
    const sign = down ? -1 : 1;
    const rows = [...body.rows].sort((one, other) => {
      const a = value(one, column), b = value(other, column);
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (column ? a - b : a.localeCompare(b, undefined, { numeric: true }));
    });
    body.append(...rows);
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  heads.forEach((head, column) => head.firstChild.addEventListener("click", () =>
    sort(column, head.getAttribute("aria-sort") === "ascending")));
  sort(Number(table.dataset.first), false);
}
"""


def page(title: str, head: str, body: Iterable[str], foot: str) -> str:
    """The whole file: what stands above, the sections, what stands below, all as HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<header>
{head}
</header>
<main>
{"".join(body)}</main>
<footer>
{foot}
</footer>
<script>{SCRIPT}</script>
</body>
</html>
"""


def section(title: str, text: str, *parts: str, wide: bool = False) -> str:
    """A section: its title, a sentence or two on how to read it, and tables or figures."""
    inside = "\n".join(parts)
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}>\n<h2>{escape(title)}</h2>\n<p>{escape(text)}</p>\n{inside}\n</section>\n"


def cards(cells: Iterable[tuple[str, str, Sequence[str]]]) -> str:
    """Headline figures in per cent: of each its name, value, and the lines below."""
    inside = "\n".join(
        f'<div><span class="name">{escape(name)}</span><b>{escape(value)} <small>%</small></b>'
        + "".join(f"<span>{escape(line)}</span>" for line in below)
        + "</div>"
        for name, value, below in cells
    )
    return f'<div class="cards">\n{inside}\n</div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, first: int | None = None) -> str:
    """A table; with ``first``, one that can be sorted by its columns, and is by this one, lowest on top."""
    sortable = first is not None
    heads = "".join(
        f'<th scope="col"><button type="button">{escape(name)}</button></th>'
        if sortable
        else f'<th scope="col">{escape(name)}</th>'
        for name in columns
    )
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    kind = f' class="sorted" data-first="{first}"' if sortable else ""
    outer = "scroll tall" if sortable else "scroll"
    return f'<div class="{outer}"><table{kind}><thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def plot(figure: Any, label: str) -> str:
    """A Plotly figure, drawn by :data:`SCRIPT`; ``label`` says what it shows to those who cannot see it."""
    data = json.dumps(json.loads(figure.to_json())).replace("<", "\\u003c")
    return (
        f'<div class="plot" role="img" aria-label="{escape(label)}"></div>\n'
        f'<script type="application/json" class="figure">{data}</script>'
    )

"""What the lab says beside its table: what a file is, how the model did on it, how sure it was of one beat."""

from math import isnan
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from stream.messages import AAMI
from web.beatlab.files import BeatFile
from web.beatlab.model import About
from web.beatlab.results import Results, class_scores, confusion
from web.components.beattable import percent
from web.words import class_words

STRETCHED: Final = "Each is stretched to the model's {width} samples and scaled to 0..1."
SCALED: Final = "Each is scaled to 0..1 for the model."
NOTE: Final = (
    "Se is the share of the file's beats of a class that were named so, +P the share of those named so that are. After "
    "EC57, F and Q called V, and Q called S, are not held against +P. Press a number to see its beats."
)


def understood(file: BeatFile) -> list[Component]:
    """Say what a file was found to be, and what becomes of its beats before the model sees them."""
    if file.understood is None:
        return []
    stretched = file.taken is not None and file.taken.width != file.understood.width
    how = STRETCHED.format(width=file.taken.width) if file.taken and stretched else SCALED
    told: list[Component] = [html.B(file.name), html.Span(f"{file.understood.words}. {how}")]
    if file.results is not None and file.results.differs is not None:
        total, right = file.understood.rows, int((~file.results.differs).sum())
        told.append(html.Span(f"{right:,} of {total:,} named as labelled, {percent(right / total)}."))
    return told


def confusion_table(results: Results) -> list[Component]:
    """Count the file's labels against the model's, with the scores of each class; nothing without labels."""
    if results.truth is None:
        return []
    table = confusion(results)
    heading = [
        html.Th("Label", scope="col"),
        *(html.Th(name, scope="col", title=class_words(name)) for name in AAMI),
    ]
    heading += [
        html.Th("Se", scope="col", title="Sensitivity"),
        html.Th("+P", scope="col", title="Positive predictivity"),
    ]
    rows = []
    for (name, score), counts in zip(class_scores(table).items(), table.tolist(), strict=True):
        cells = [_cell(name, other, count) for other, count in zip(AAMI, counts, strict=True)]
        rows.append(
            html.Tr(
                [
                    html.Th(class_words(name), scope="row", className=f"class-{name}"),
                    *cells,
                    _rate(score.se),
                    _rate(score.ppv),
                ]
            )
        )
    return [
        html.H2("The file's labels against the model"),
        html.Table([html.Thead(html.Tr(heading)), html.Tbody(rows)], className="lab-counts"),
        html.P(NOTE, className="note"),
    ]


def probabilities(results: Results, row: int, explained: str) -> html.Ul:
    """Lay out how sure the model was of each class; one is pressed to see what spoke for it."""
    return html.Ul(
        [
            html.Li(_bar(name, share, explained == name))
            for name, share in zip(AAMI, results.probabilities[row].tolist(), strict=True)
        ],
        className="lab-shares",
    )


def chosen_words(results: Results, row: int) -> list[Component]:
    """Say which beat is shown, and what it was called."""
    label = AAMI[results.label[row]]
    words: list[Component] = [
        html.Span(f"Row {row + 1:,}"),
        html.Span(f"{class_words(label)}, {percent(float(results.confidence[row]))}", className=f"class-{label}"),
    ]
    if results.truth is not None:
        truth = AAMI[results.truth[row]]
        words.append(
            html.Span(f"{'labelled' if truth == label else '≠ labelled'} {class_words(truth)}", className="note")
        )
    return words


def model_words(about: About) -> list[Component]:
    """Name the model and its scores."""
    f1 = " · ".join(f"{name}\N{NO-BREAK SPACE}{100 * value:.0f}" for name, value in about.f1.items())
    scores = f"F1 on patients it had not seen, %: {f1}" if f1 else "not measured here"
    told: list[Component] = [html.Span(["Model ", html.B(about.name), f" ({about.whose}). {scores}."])]
    if about.error:
        told.append(html.Span(about.error, className="lab-error", role="alert"))
    return told


def card_dialog(about: About) -> html.Dialog:
    """Lay out the model card, closed."""
    return html.Dialog(
        [
            html.Div(html.Button("Close", type="button", id="lab-card-close"), className="lab-card-acts"),
            dcc.Markdown(about.card, className="lab-card-text", link_target="_blank"),
        ],
        id="lab-card",
        className="lab-card",
        **{"aria-label": "Model card"},
    )


def _cell(truth: str, label: str, count: int) -> html.Td:
    kind = "lab-right" if truth == label else ""
    if not count:
        return html.Td("0", className="note")
    button = html.Button(
        f"{count:,}",
        type="button",
        **{
            "data-truth": truth,
            "data-named": label,
            "aria-label": f"{count} labelled {truth}, named {label}: show them",
        },
    )
    return html.Td(button, className=kind)


def _rate(value: float) -> html.Td:
    return html.Td("--" if isnan(value) else percent(value))


def _bar(name: str, share: float, pressed: bool) -> html.Button:
    return html.Button(
        [
            html.Span(class_words(name), className=f"class-{name}"),
            html.Span(
                html.Span(style={"width": f"{100 * share:.1f}%"}), className="lab-bar", **{"aria-hidden": "true"}
            ),
            html.Span(percent(share), className="lab-share"),
        ],
        type="button",
        title=f"Show what spoke for {class_words(name)}",
        **{"data-explain": name, "aria-pressed": "true" if pressed else "false"},
    )

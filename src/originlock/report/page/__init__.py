"""The page: one HTML file with the answer, plots and a calculator, which asks nothing of anywhere.

Lives here: putting what was reckoned, the model's constants and the prices into a document with its own style and
script. Must not live here: any constant of the model, or any decision; the script's formulas are those of
`originlock.cost`, and tests hold them to it.

Three functions, each of which gives the whole file as text:

    estimate_page(made: Estimate, regions: Sequence[RegionPrices] = ()) -> str
    storm_page(made: Storm, regions: Sequence[RegionPrices] = ()) -> str
    observed_page(data: Mapping[str, object], regions: Sequence[RegionPrices] = ()) -> str

``regions`` are those that the calculator offers; the answer's own is always among them. ``data`` is what
``cost observe -o json`` prints.
"""

from originlock.report.page.pages import estimate_page, observed_page, storm_page

__all__ = ["estimate_page", "observed_page", "storm_page"]

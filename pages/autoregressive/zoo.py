"""The lesson's fifth part: the place of autoregressive models among the others, on the same held-out digits."""

import math
import time

import streamlit as st

from dgm import autoregressive, vae
from dgm.autoregressive import comparison
from dgm.autoregressive.checkpoints import rows_file
from pages.autoregressive import network
from pages.autoregressive.figures import comparison as figures
from pages.autoregressive.figures.wording import number
from ui import cache, contents, controls, page, question, source_code
from ui.figures.written import difference, latex

ABOUT = "the pretrained models"
COUNT = 1000                    # images whose drawing is timed
BOUND, INDEPENDENT = "VAE with 2 latents, ELBO", "independent pixels"
ASKED = {BOUND: "bound", INDEPENDENT: "hidden"}     # row -> key of its question
Rows = tuple[comparison.Row, ...]


def part() -> None:
    """All models on the same images, what each can do, and how long drawing takes."""
    found = rows_file.stored()
    by_name = {row.model: row for row in found}
    introduction(by_name)
    covered = [row.model for row in found if _covered(row)]
    page.figure(figures.rows(found, page.palette(), covered), key="comparison", alt=figures.rows_alt(found, covered))
    hidden = (" Rows without a mark are covered until you answer, and stand last whatever their number is."
              if covered else "")
    st.caption(f"Means over the {len(network.parts().test)} held-out digits; bars are their standard error over the "
               f"images.{hidden}")
    page.section(lambda: questions(by_name))
    page.section(lambda: _table(found))
    what_it_costs()
    code()


def introduction(rows: dict[str, comparison.Row]) -> None:
    """Exact likelihood, no latents, slow sampling."""
    page.introduction(
        "An autoregressive model has an exact likelihood, no latent variables and slow sampling. A VAE has latents and "
        "fast sampling, and only a bound on log p(x). With 2 latents the integral over them can be computed, so its "
        "log p(x) is in the table too. On black and white images both are probabilities, so their nats can be "
        "compared.",
        r"\begin{aligned}\text{MADE:}\;& " + page.term("evidence", r"\log p(\mathbf{x}|\theta)") + "= "
        + number_of(rows["MADE"]) + r"\text{ nats} \\ \text{VAE:}\;& " + page.term("q", r"\mathcal{L}")
        + r"\le \log p(\mathbf{x}|\theta)\end{aligned}",
        ("bound", "importance weighted bound", "density in nats", "latent variable"))


def number_of(row: comparison.Row) -> str:
    """A row's value for a formula."""
    return f"{row.nats:.2f}"


def questions(rows: dict[str, comparison.Row]) -> None:
    """Where the VAE's bound lies, and how much the hidden layer gains."""
    made, logistic, bound = rows["MADE"], rows["logistic"], rows[BOUND]
    exact_vae = rows["VAE with 2 latents, log p"].nats
    question.number(
        "bound", f"MADE has {number(made.nats)} nats per image, the logistic model {number(logistic.nats)}. Where does "
        "the ELBO lie, the bound $\\mathcal{L}$ of a VAE with 2 latents?", truth=lambda: bound.nats, low=-30.0,
        high=-14.0, start=-17.0, step=0.1, unit="nats", form="{:.1f}", about=ABOUT, error=lambda: bound.spread,
        why=lambda _: f"Its true log p(x), by integration over the plane of latents, is "
        f"{number(exact_vae)}: the bound loses {number(difference(exact_vae, bound.nats, 2))} nats. The rest is the "
        "model: two latents are few.")
    question.number(
        "hidden", "And independent pixels, one probability for each pixel? How many nats per image does MADE gain over "
        "them?", truth=lambda: made.nats - rows[INDEPENDENT].nats, low=0.0, high=20.0, start=1.0, step=0.1,
        unit="nats", form="{:.1f}", about=ABOUT,
        why=lambda exact: f"On average (geometric mean) a held-out digit is about {math.exp(exact):,.0f} times as "
        "probable. The dependence of the pixels carries this much.")


def _table(found: Rows) -> None:
    """Every row with its errors, and what its number means."""
    page.heading("What the numbers mean")
    covered = [row.model for row in found if _covered(row)]
    lines = [f"| {row.model} | {figures.KINDS[row.kind][2]} | {_nats(row)} | ± {row.spread:.2f} | {_error(row)} | "
             f"{row.note} |" for row in figures.ordered(found, covered)]
    with st.container(key="zoo table"):
        st.markdown("| model | kind | nats per image | error over images | error of the estimate | |\n"
                    "|---|---|---:|---:|---:|---|\n" + "\n".join(lines))
    st.caption("Gaussian mixtures and the PCA model (PPCA) have exact densities. A density of black and white images "
               "can grow without limit, so its logarithm is not comparable. Their rows are the probability that their "
               "draw, rounded to black and white, is the image. For PPCA it is an integral over the latents.")


def _covered(row: comparison.Row) -> bool:
    """Whether the row's number is asked for, and not answered."""
    return row.model in ASKED and not question.revealed(ASKED[row.model], ABOUT)


def _nats(row: comparison.Row) -> str:
    return "?" if _covered(row) else number(row.nats)


def _error(row: comparison.Row) -> str:
    if row.error:
        return f"± ${latex(row.error, 2)}$"
    return "0, exact" if row.kind == "exact" else f"below ${latex(1e-5)}$"       # the stored ones have five decimals


@cache.copied()
def seconds() -> tuple[float, float]:
    """Seconds on this server to draw COUNT images, by MADE pixel after pixel, and by the VAE in one pass."""
    made, latent = autoregressive.pretrained("made"), vae.pretrained("digits")
    autoregressive.sample(made, 2)
    vae.sample(latent, 2, 0)
    start = time.perf_counter()
    autoregressive.sample(made, COUNT)
    between = time.perf_counter()
    vae.sample(latent, COUNT, 0)
    return between - start, time.perf_counter() - between


def what_it_costs() -> None:
    """Sampling, timed on this server."""
    slow, fast = seconds()
    page.heading("What sampling costs")
    st.markdown(f"{COUNT:,} images took **{1000 * slow:.0f} ms** with MADE, 64 steps for each image, and "
                f"**{1000 * fast:.0f} ms** with the VAE, one pass. Measured on this server. The number of steps is the "
                "number of coordinates: for a photo it is more than a million.")
    st.page_link(contents.HOME.path, label="The whole zoo is on the overview page",
                 icon=":material/account_tree:")


def code() -> None:
    """What ran, and a script with the same number."""
    name = network.STORED.get(controls.value("network"), "made")
    values = autoregressive.log_prob(autoregressive.pretrained(name), network.parts().test)
    source_code.show(
        [comparison.rows, autoregressive.log_prob],
        formula=r"\log p(\mathbf{x}|\theta) = \sum_{i=1}^m \log p(x_i|\mathbf{x}_{1:i-1}, \theta)",
        script=f"""
            from dgm import autoregressive, vae
            images = vae.split_images(vae.Images("digits"))
            values = autoregressive.log_prob(autoregressive.pretrained({name!r}), images.test)
            numbers = {{"mean log p(x)": float(values.mean()), "lowest": float(values.min())}}
        """, numbers={"mean log p(x)": float(values.mean()), "lowest": float(values.min())})

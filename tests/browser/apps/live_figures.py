"""A page that shows live figures alone; `?scene=` chooses which."""

import time

import numpy as np
import streamlit as st

from ui import style
from ui.components import edits
from ui.components.follow_theme import follow_theme
from ui.components.live_figure import HoverLink, live_figure, live_figures
from ui.components.live_figure.playback import playback
from ui.figures import bound_ruler, spec, theme
from ui.figures.spec import Figure

STEPS, N, K = 31, 300, 5
palette = style.palette()
rng = np.random.default_rng(0)
CENTRES = rng.normal(0, 2, (K, 2))
OWNER = rng.integers(0, K, N)
X = (CENTRES[OWNER] + rng.normal(0, 0.7, (N, 2))).astype(np.float32)
ANGLES = np.linspace(0, 2 * np.pi, 60)


def plane(**layout: object) -> Figure:
    fig = theme.figure(palette, x="first", y="second", **layout)
    return fig.update_xaxes(range=[-6, 6]).update_yaxes(range=[-6, 6])


def ellipse(k: int, step: int) -> np.ndarray:
    share = step / (STEPS - 1)
    circle = np.stack([np.cos(ANGLES + k), np.sin(ANGLES)])
    return (share * CENTRES[k][:, None] + (2.5 - 1.2 * share) * circle).astype("f4")


def responsibilities(step: int) -> np.ndarray:
    distance = ((X[:, None] - step / (STEPS - 1) * CENTRES) ** 2).sum(-1)
    weight = np.exp(-(distance - distance.min(1, keepdims=True)))
    return weight / weight.sum(1, keepdims=True)


def clusters() -> Figure:
    fig = plane(showlegend=False)
    fig.add_scatter(x=X[:, 0], y=X[:, 1], mode="markers", marker=theme.marker("data", palette))
    for k in range(K):
        x, y = ellipse(k, 0)
        fig.add_scatter(x=x, y=y, mode="lines", line={"color": palette.classes[k], "width": 2.2}, hoverinfo="skip")
    return fig


def history() -> Figure:
    fig = clusters()
    fig.frames = [spec.frame(
        name=f"{'start' if i == 0 else 'after E' if i % 2 else 'after M'}, step {(i + 1) // 2}",
        data=[{"marker": {"color": responsibilities(i)[:, 0].astype("f4"), "cmin": 0, "cmax": 1,
                          "colorscale": [[0, palette["data"]], [1, palette.classes[0]]]}},
              *({"x": ellipse(k, i)[0], "y": ellipse(k, i)[1]} for k in range(K))],
        traces=list(range(K + 1))) for i in range(STEPS)]
    return fig


def curve() -> Figure:
    fig = theme.figure(palette, x="half-step", y="log-likelihood (nats)", showlegend=False)
    fig.update_yaxes(range=[-5, 0])
    level = (-4 * np.exp(-np.arange(STEPS) / 8) - 0.5).astype("f4")
    fig.add_scatter(x=np.arange(STEPS, dtype="f4"), y=level, line=theme.line("evidence", palette))
    fig.add_scatter(x=[0.0], y=level[:1], mode="markers", marker={"color": palette.accent, "size": 11})
    fig.frames = [spec.frame(data=[{"x": [i], "y": level[i:i + 1]}], traces=[1]) for i in range(STEPS)]
    return fig


def drawing() -> None:
    """Edits accumulate on a base that does not change."""
    fig = plane()
    fig.add_scatter(x=np.array([0.0, np.nan]), y=np.array([0.0, 1.0]), name="hidden", visible=False)
    fig.add_scatter(x=np.array([1.0, 2.0]), y=np.array([1.0, -2.0]), mode="markers", name="yours",
                    marker={"size": 10, "color": palette.accent})
    before = edits.read("draw").points
    st.write(f"python {live_figure(fig, key='draw', alt='Your points', draw=True, draw_trace=1, max_points=4).points}")
    st.write(f"before {before}")


def dragging() -> None:
    fig = plane()
    fig.add_scatter(x=X[:, 0], y=X[:, 1], mode="markers", marker=theme.marker("data", palette), name="data")
    fig.add_scatter(x=CENTRES[:, 0], y=CENTRES[:, 1], mode="markers", name="means",
                    marker={"size": 14, "color": list(palette.classes[:K]), "symbol": "x"})
    st.write(f"python {live_figure(fig, key='drag', alt='Means to drag', drag={'trace': 1}).moved}")


def folding() -> None:
    """Edits are folded into a state that rounds them; `?slow=` delays the answer by seconds."""
    st.session_state.setdefault("places", [[-3.0, 3.0], [0.0, 0.0], [3.0, -3.0]])
    places = st.session_state["places"]

    def fold(found: edits.Edits) -> None:
        for moved in found.moved:
            st.session_state["places"][moved.marker] = [round(moved.x), round(moved.y)]
        if found.points is not None:
            st.session_state["places"] = [[round(x), round(y)] for x, y in found.points]

    if st.button("Back"):
        st.session_state["places"] = places = [[-3.0, 3.0], [0.0, 0.0], [3.0, -3.0]]
    time.sleep(float(st.query_params.get("slow", 0)))
    fig = plane()
    fig.add_scatter(x=[p[0] for p in places], y=[p[1] for p in places], mode="markers", marker={"size": 14})
    edit = {"draw": True} if "draw" in st.query_params else {"drag": {"trace": 0}}
    live_figure(fig, key="fold", base=places, on_edit=fold, alt="Whole numbers", **edit)
    st.write(f"python {[tuple(map(int, place)) for place in places]}")


def leaving() -> None:
    """The figure goes when its button is pressed."""
    if not st.button("Leave"):
        fig = plane()
        fig.add_scatter(x=CENTRES[:, 0], y=CENTRES[:, 1], mode="markers", marker={"size": 14})
        live_figure(fig, key="leave", alt="Means", drag={"trace": 0})
    st.write("python ()")


def hovering() -> None:
    fig = clusters()
    fig.update_layout(xaxis={"domain": [0, 0.68]}, xaxis2={"domain": [0.78, 1], "anchor": "y2"},
                      yaxis2={"anchor": "x2", "range": [0, 1]})
    fig.add_bar(x=np.arange(K), y=np.full(K, 1 / K), marker={"color": list(palette.classes[:K])}, **spec.on(2))
    link = HoverLink(source=0, table=responsibilities(STEPS - 1), bars=K + 1, items=range(1, K + 1))
    st.write(f"python {live_figure(fig, key='hover', alt='Whose point is it', hover=link, select=True).clicked}")


def playing() -> None:
    alts = ["Five ellipses find their clusters", "The log-likelihood rises"]
    st.write(f"python {playback([history(), curve()], key='play', alts=alts, halves=True, commit=True)}")


def single() -> None:
    st.write(f"python {playback(history(), key='single', alts='Five ellipses find their clusters')}")


def sharing() -> None:
    base = st.radio("Base", ["one", "other"], horizontal=True)
    labels = st.radio("Labels", ["0.25", "1000000.25"], horizontal=True)
    fig = theme.figure(palette, x="first", y="second")
    fig.add_scatter(x=CENTRES[:, 0], y=CENTRES[:, 1], mode="markers", marker={"size": 14})
    fig.update_yaxes(range=[-6, 6], tickvals=[-3, 0, 3], ticktext=[labels] * 3).update_xaxes(range=[-6, 6])
    found = live_figure(fig, key="shared", base=base, alt=f"Means of {base}", drag={"trace": 0})
    st.write(f"python {base} {found.moved}")


def changing() -> None:
    """A density and a ruler of bounds, whose next state differs from the one before as its name says."""
    state = st.radio("State", ["first", "moved", "taller", "more points", "other words", "red"], horizontal=True)
    by, high = 0.0 if state == "first" else 0.4, 2.0 if state == "taller" else 1.0
    x = np.linspace(-3, 3, 50)
    fig = theme.figure(palette, x="z", y="density")
    fig.add_scatter(x=x, y=np.exp(-0.5 * (x - by) ** 2), mode="lines", fill="tozeroy", name="density",
                    line={"color": "#cc0000" if state == "red" else palette["q"], "width": 2})
    marks = [by, 1 + by, 2 + by][:3 if state == "more points" else 2]
    fig.add_scatter(x=marks, y=[0.2] * len(marks), mode="markers", name="marks", marker={"size": 14})
    words = f"<b>{by:.1f}</b>" if state == "other words" else f"mean {by:.1f}"
    fig.add_scatter(x=[-2.9], y=[0.9], mode="text", text=[words], textposition="middle right", showlegend=False)
    fig.update_xaxes(range=[-3, 3]).update_yaxes(range=[0, 1.1 * high])
    terms = bound_ruler.Terms(-4.8 - by, 0.5 + by, -2.4, error=0.1 + by / 10)
    bound = bound_ruler.ruler(terms, palette, span=(-8.0, 1.0))
    live_figures([fig, bound], key="changing", alts=["A density", "A ruler"])
    st.write(f"python {state}")


def nothing() -> None:
    """Between two tests in one page."""
    st.session_state.clear()
    st.write("nothing is kept")


st.set_page_config(layout="wide")
{"draw": drawing, "drag": dragging, "hover": hovering, "play": playing, "single": single,
 "share": sharing, "fold": folding, "leave": leaving, "change": changing, "nothing": nothing}[
    st.query_params.get("scene", "play")]()
st.toggle("another control")
follow_theme()

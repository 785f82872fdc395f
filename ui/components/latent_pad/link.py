"""Where the point of a page's latent pad stands: in the link when the page opens, in the hand from then on."""

import streamlit as st

from ui import controls

_Z, _VISIT = "_point", "_point_visit"


def linked(latent: int) -> tuple[float, ...]:
    """z as the link said when the page was opened, or the hand since; what is no point here is ignored with a note."""
    controls.belongs("z")
    visit, raw = controls.visit(), st.session_state.get(_Z)
    if st.session_state.get(_VISIT) != visit:
        st.session_state[_VISIT], raw = visit, st.query_params.get("z")
    z = parse(raw, latent) if raw else (0.0,) * latent
    if z is None:
        controls.note(f"The link's z is not a point of this {latent}-D latent space; the point starts at the origin.")
        z = (0.0,) * latent
    go_to(z)
    return z


def go_to(z: tuple[float, ...]) -> None:
    """Put the point at z, in the link too. The page's own memory leads: an event may carry an older address."""
    st.session_state[_Z] = ",".join(f"{v:g}" for v in z) if any(z) else ""
    if st.session_state[_Z]:
        st.query_params["z"] = st.session_state[_Z]
    else:
        st.query_params.pop("z", None)


def parse(raw: str, latent: int) -> tuple[float, ...] | None:
    """A latent point out of a link, "0.5,-1.2"; None when it is not one for this model."""
    try:
        values = tuple(float(v) for v in raw.split(","))
    except ValueError:
        return None
    inside = all(abs(v) <= 8 for v in values)  # NaN and infinity are not inside either
    return values if len(values) == latent and inside else None

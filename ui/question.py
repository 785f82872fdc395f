"""Predict, then reveal: a person commits an answer before the evidence is shown.

The truth is a function, called at the moment of the reveal on the current state: it is never stored. The answer
names the gap between the prediction and the truth, and one sentence why. A prediction belongs to the situation it
was made in: where `about` is given, another situation asks anew.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import style


def _committed(key: str, about: str) -> object | None:
    said, situation = st.session_state.get(f"committed {key}", (None, about))
    return said if situation == about else None


def _commit(key: str, about: str) -> None:
    st.session_state[f"committed {key}"] = (st.session_state.get(f"prediction {key}"), about)


def _forget(key: str) -> None:
    st.session_state.pop(f"committed {key}", None)


def _skip(key: str, about: str) -> None:
    st.session_state[f"committed {key}"] = ("shown", about)


def _buttons(key: str, about: str, ready: bool) -> None:
    with st.container(horizontal=True):
        st.button("Commit", key=f"commit {key}", on_click=_commit, args=(key, about), type="primary",
                  disabled=not ready)
        st.button("Show without predicting", key=f"skip {key}", on_click=_skip, args=(key, about), type="tertiary")


def _answered(key: str, answer: str, why: str) -> None:
    st.markdown(answer)
    st.caption(why)
    st.button("Predict again", key=f"again {key}", on_click=_forget, args=(key,), type="tertiary",
              icon=":material/replay:")


def revealed(key: str, about: str = "") -> bool:
    """Whether the answer of this question may be shown: committed, skipped, or asked for by `?reveal=1`."""
    return _committed(key, about) is not None or style.revealing()


def number(key: str, prompt: str, truth: Callable[[], float], why: Callable[[float], str], *, low: float,
           high: float, start: float | None = None, step: float | None = None, unit: str = "",
           form: str = "{:.3g}", about: str = "") -> bool:
    """Ask for a number between `low` and `high`. True once the figure may be shown."""
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        if not revealed(key, about):
            begin = (low + high) / 2 if start is None else start
            st.slider("Your prediction" + (f" ({unit})" if unit else ""), low, high, begin, step,
                      key=f"prediction {key}")
            _buttons(key, about, ready=True)
            return False
        exact = truth()
        _answered(key, _number_answer(_committed(key, about), exact, unit, form), why(exact))
        return True


def _number_answer(said: object, exact: float, unit: str, form: str) -> str:
    shown = f"{form.format(exact)} {unit}".strip()
    if not isinstance(said, int | float):
        return f"It is **{shown}**."
    side = "too high" if said > exact else "too low"
    gap = f"{side} by {form.format(abs(exact - said))}"  # no unit: "23.8 times too low" would be a factor
    verdict = "exactly right" if form.format(said) == form.format(exact) else gap
    return f"You said {form.format(said)}; it is **{shown}**: {verdict}."


def choice(key: str, prompt: str, options: Sequence[str], truth: Callable[[], str],
           why: Callable[[str], str], *, about: str = "") -> bool:
    """Ask for one of `options`. True once the figure may be shown."""
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        if not revealed(key, about):
            picked = st.radio("Your prediction", list(options), index=None, key=f"prediction {key}", horizontal=True)
            _buttons(key, about, ready=picked is not None)
            return False
        right, said = truth(), _committed(key, about)
        answer = f"It is **{right}**."
        if said in options:
            answer = f"You said {said}: right." if said == right else f"You said {said}; it is **{right}**."
        _answered(key, answer, why(right))
        return True

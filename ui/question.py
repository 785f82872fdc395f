"""Questions: a visitor commits a prediction before the result is shown.

The truth is a function, called on the current state when the answer is shown; it is never stored. The answer gives the
difference between prediction and truth, and one sentence why. `about` names the state that a prediction is made for:
when it changes, the question is open again.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import style


def _committed(key: str, about: str) -> object | None:
    prediction, committed_about = st.session_state.get(f"committed {key}", (None, about))
    return prediction if committed_about == about else None


def _commit(key: str, about: str) -> None:
    st.session_state[f"committed {key}"] = (st.session_state.get(f"prediction {key}"), about)


def _reopen(key: str) -> None:
    st.session_state.pop(f"committed {key}", None)


def _skip(key: str, about: str) -> None:
    st.session_state[f"committed {key}"] = ("shown", about)


def _buttons(key: str, about: str, ready: bool) -> None:
    with st.container(horizontal=True):
        st.button("Commit", key=f"commit {key}", on_click=_commit, args=(key, about), type="primary",
                  disabled=not ready)
        st.button("Show without predicting", key=f"skip {key}", on_click=_skip, args=(key, about), type="tertiary")


def _show_answer(key: str, answer: str, why: str) -> None:
    st.markdown(answer)
    st.caption(why)
    st.button("Predict again", key=f"again {key}", on_click=_reopen, args=(key,), type="tertiary",
              icon=":material/replay:")


def revealed(key: str, about: str = "") -> bool:
    """Whether the answer of a question is shown: a prediction was committed or skipped, or the link has `?reveal=1`.

    key, about: as in `number` and `choice`.
    """
    return _committed(key, about) is not None or style.revealing()


def number(key: str, prompt: str, truth: Callable[[], float], why: Callable[[float], str], *, low: float,
           high: float, start: float | None = None, step: float | None = None, unit: str = "",
           form: str = "{:.3g}", about: str = "") -> bool:
    """Show a question whose answer is a number. Returns whether the answer is shown, and with it the figure.

    key: of the widgets. prompt: markdown. truth: gives the true value. why: explains it, in markdown. low, high, start,
    step: of the slider. unit, form: how numbers are shown, `form` as a format string. about: see the module.
    """
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        if not revealed(key, about):
            initial = (low + high) / 2 if start is None else start
            st.slider("Your prediction" + (f" ({unit})" if unit else ""), low, high, initial, step,
                      key=f"prediction {key}")
            _buttons(key, about, ready=True)
            return False
        exact = truth()
        _show_answer(key, _number_answer(_committed(key, about), exact, unit, form), why(exact))
        return True


def _number_answer(prediction: object, exact: float, unit: str, form: str) -> str:
    shown = f"{form.format(exact)} {unit}".strip()
    if not isinstance(prediction, int | float):
        return f"It is **{shown}**."
    side = "too high" if prediction > exact else "too low"
    gap = f"{side} by {form.format(abs(exact - prediction))}"  # no unit: "23.8 times too low" would be a factor
    verdict = "exactly right" if form.format(prediction) == form.format(exact) else gap
    return f"You said {form.format(prediction)}; it is **{shown}**: {verdict}."


def choice(key: str, prompt: str, options: Sequence[str], truth: Callable[[], str],
           why: Callable[[str], str], *, about: str = "") -> bool:
    """Show a question whose answer is one of `options`; arguments and result as for `number`."""
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        if not revealed(key, about):
            picked = st.radio("Your prediction", list(options), index=None, key=f"prediction {key}", horizontal=True)
            _buttons(key, about, ready=picked is not None)
            return False
        right, prediction = truth(), _committed(key, about)
        answer = f"It is **{right}**."
        if prediction in options:
            answer = f"You said {prediction}" + (": right." if prediction == right else f"; it is **{right}**.")
        _show_answer(key, answer, why(right))
        return True

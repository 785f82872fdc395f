"""Questions: a visitor commits a prediction before the answer is shown.

The truth is a function, called on the current state when the answer is shown; it is never stored. The answer gives the
difference between prediction and truth, and one sentence why. `about` names the state that a prediction is made for: in
another state the question is open again and the old prediction is shown as such.

Commitments are in the link, as `?answers=key~prediction~state;...`, so that they survive a reload.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from ui import controls, style
from ui.control_types import round_numbers, short_digest
from ui.figures.written import written

LINK = "answers"          # the query parameter
SKIPPED = "-"             # in the link: the answer was shown without a prediction
LONGEST_KEY, MOST = 40, 30
TWO_DIGITS = "{:.2g}"


@dataclass(frozen=True)
class Commitment:
    """What a visitor answered: `prediction` as the link's text, for the state with the digest `state`."""

    prediction: str
    state: str


def _commitments() -> dict[str, Commitment]:
    """The page's commitments, from the link: it is the only place, so that a reload and Back restore them."""
    found = {}
    for entry in st.query_params.get(LINK, "").split(";")[:MOST]:
        key, *rest = entry.split("~")
        if len(rest) == 2 and len(key) <= LONGEST_KEY and (rest[0] == SKIPPED or _is_number(rest[0])):
            found[key] = Commitment(*rest)
    return found


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _write(commitments: dict[str, Commitment]) -> None:
    text = ";".join(f"{key}~{entry.prediction}~{entry.state}" for key, entry in commitments.items())
    if text:
        st.query_params[LINK] = text
    else:
        st.query_params.pop(LINK, None)


def _commit(key: str, about: str, options: Sequence[str] = ()) -> None:
    prediction = st.session_state.get(f"prediction {key}")
    number = options.index(prediction) if options else prediction
    _write(_commitments() | {_slug(key): Commitment(f"{number:.6g}", short_digest(about))})


def _skip(key: str, about: str) -> None:
    _write(_commitments() | {_slug(key): Commitment(SKIPPED, short_digest(about))})


def _reopen(key: str) -> None:
    _write({name: entry for name, entry in _commitments().items() if name != _slug(key)})


def _slug(key: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in key)[:LONGEST_KEY]


def _find(key: str, about: str) -> tuple[str | None, str | None]:
    """The prediction for this state and the one for an earlier state, each None where there is none."""
    found = _commitments().get(_slug(key))
    if found is None:
        return None, None
    return (found.prediction, None) if found.state == short_digest(about) else (None, found.prediction)


def revealed(key: str, about: str) -> bool:
    """Whether an answer is shown: a prediction was committed or skipped, or "Show answers" is on (`?reveal=1`).

    key, about: as in `number` and `choice`.
    """
    return _find(key, about)[0] is not None or style.revealing()


def _buttons(key: str, about: str, ready: bool, options: Sequence[str] = ()) -> None:
    with st.container(horizontal=True):
        st.button("Commit", key=f"commit {key}", on_click=_commit, args=(key, about, options), type="primary",
                  disabled=not ready)
        st.button("Show without predicting", key=f"skip {key}", on_click=_skip, args=(key, about), type="tertiary")


def _show_answer(key: str, answer: str, why: str, committed: bool) -> None:
    with st.container(key=f"answer {key}"):     # the keyboard's focus goes there
        st.markdown(answer)
        st.caption(why)
    if committed and not style.revealing():
        st.button("Predict again", key=f"again {key}", on_click=_reopen, args=(key,), type="tertiary",
                  icon=":material/replay:")


def _show_earlier(earlier: str) -> None:
    st.caption(f"Your prediction for an earlier state of this page was {earlier}. What is it now?")


# Numbers -------------------------------------------------------------------------------------------------------------


def number(key: str, prompt: str, truth: Callable[[], float], why: Callable[[float], str], *, low: float,
           high: float, start: float | None = None, step: float | None = None, unit: str = "",
           form: str = "{:.3g}", about: str, ratio: bool = False,
           error: Callable[[], float] | None = None) -> bool:
    """Show a question whose answer is a number. Returns whether the answer is shown.

    key: of the widgets. prompt: markdown. truth: gives the true value. why: explains it, in markdown. low, high, start,
    step: of the slider. unit, form: how numbers are shown, `form` as a format string. about: see the module.
    ratio: the slider is logarithmic, and the answer says by what factor the prediction is off. error: gives the
    standard error of a truth that is a mean of draws.
    """
    if "questions" in controls.hidden():
        return revealed(key, about)
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        now, earlier = _find(key, about)
        if not revealed(key, about):
            if earlier is not None and earlier != SKIPPED:
                _show_earlier(form.format(float(earlier)))
            _draw_slider(key, low, high, start, step, unit, ratio)
            _buttons(key, about, ready=True)
            return False
        exact = truth()
        prediction = None if now in (None, SKIPPED) else float(str(now))
        answer = number_answer(prediction, exact, unit, form, ratio, error() if error else 0.0)
        _show_answer(key, answer, why(exact), now is not None)
        return True


def _draw_slider(key: str, low: float, high: float, start: float | None, step: float | None, unit: str,
                 ratio: bool) -> None:
    about = [unit] * bool(unit) + ["logarithmic scale"] * ratio
    label = "Your prediction" + (f" ({', '.join(about)})" if about else "")
    if ratio:
        grid = round_numbers(low, high)
        begin = min(grid, key=lambda v: abs(math.log(v / (start or math.sqrt(low * high)))))
        st.select_slider(label, grid, begin, format_func="{:,g}".format, key=f"prediction {key}")
    else:
        st.slider(label, low, high, (low + high) / 2 if start is None else start, step,
                  format="%.0f" if step is not None and step == int(step) else None, key=f"prediction {key}")


def number_answer(prediction: float | None, exact: float, unit: str = "", form: str = "{:.3g}",
                  ratio: bool = False, error: float = 0.0) -> str:
    """The sentence that compares a prediction with the truth, by a factor for a ratio; None: nothing was predicted.

    error: the truth's standard error, 0 where it is exact.
    """
    size = _percent(exact, form) if unit == "%" else _shown(exact, form)
    either_way = f" ± {written(error, '.1g')}" if error else ""
    shown = f"{size}{either_way} {unit}".strip()
    if prediction is None:
        return f"It is **{shown}**."
    if _shown(prediction, form) == _shown(exact, form):
        verdict = "right"
    elif abs(prediction - exact) <= error:
        verdict = "right within the standard error"
    elif ratio and min(prediction, exact) > 0:
        factor = max(prediction / exact, exact / prediction)
        verdict = f"{_shown(factor, TWO_DIGITS)} times too {_side(prediction, exact)}"
    else:
        verdict = f"too {_side(prediction, exact)} by {_shown(abs(exact - prediction), form)}"
    return f"You said {_shown(prediction, form)}; it is **{shown}**: {verdict}."


def _shown(value: float, form: str) -> str:
    """A number by a format string, with a true minus; instead of "1.4e+04" all its digits or a power of ten."""
    text = form.format(value)
    if "e" not in text:
        return text.replace("-", "−")
    return f"{float(text):,.0f}" if 1 <= abs(value) < 1e6 else written(float(text), ".3g")


def _percent(exact: float, form: str) -> str:
    """A percentage, which is 0 or 100 only where it is exactly that."""
    text = _shown(exact, form)
    if text == "100" and exact < 100:
        return "more than 99"
    return "less than 1" if text == "0" and exact > 0 else text


def _side(prediction: float, exact: float) -> str:
    return "high" if prediction > exact else "low"


# Choices -------------------------------------------------------------------------------------------------------------


def choice(key: str, prompt: str, options: Sequence[str], truth: Callable[[], str],
           why: Callable[[str], str], *, about: str) -> bool:
    """Show a question whose answer is one of `options`; arguments and result as for `number`."""
    if "questions" in controls.hidden():
        return revealed(key, about)
    with st.container(border=True, key=f"question {key}"):
        st.markdown(f"**Predict.** {prompt}")
        now, earlier = (_option(text, options) for text in _find(key, about))
        if not revealed(key, about):
            if earlier:
                _show_earlier(f"“{earlier}”")
            picked = st.radio("Your prediction", list(options), index=None, key=f"prediction {key}", horizontal=True)
            _buttons(key, about, picked is not None, options)
            return False
        right = truth()
        _show_answer(key, choice_answer(now, right), why(right), _find(key, about)[0] is not None)
        return True


def _option(text: str | None, options: Sequence[str]) -> str | None:
    """The option that the link's text counts, None for none."""
    if text in (None, SKIPPED):
        return None
    place = float(str(text))
    return options[int(place)] if place in range(len(options)) else None


def choice_answer(prediction: str | None, right: str) -> str:
    """The sentence that compares a chosen option with the right one; None: nothing was predicted."""
    if prediction is None:
        return f"The answer is: **{right}**."
    if prediction == right:
        return f"You said “{prediction}”: right."
    return f"You said “{prediction}”. The answer is: **{right}**."

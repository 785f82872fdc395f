"""What the names in the code mean, so that they wear the colours of the formulas and figures."""

import re
from collections.abc import Iterable

# Names of `dgm`, by the meaning whose colour they share. Not `q` (a latent dimension's number too) nor `score` (a
# gradient here, a log-likelihood there): a name with two meanings has no colour.
WORDS = {
    "evidence": ("log_lik", "log_evidence", "evidence", "incomplete", "log_p"),
    "prior": ("prior", "log_prior"),
    "likelihood": ("likelihood", "log_likelihood"),
    "posterior": ("posterior", "log_posterior"),
    "q": ("resp", "bound", "elbo"),
    "reconstruction": ("reconstruction",),
    "kl": ("kl", "kl_to_prior"),
    "gap": ("gap",),
    "log-derivative": ("log_derivative",),
    "baseline": ("baseline",),
    "reparametrization": ("reparametrization",),
}
_NAME = re.compile(r"[^\W\d]\w*")
_SAID = re.compile(r'""".*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*', re.DOTALL)   # docstrings, texts and comments


def found(sources: Iterable[str]) -> list[tuple[str, str]]:
    """(name, meaning) of the names that the sources use, in the order of `WORDS`."""
    used = {name for source in sources for name in _NAME.findall(_SAID.sub("", source))}
    return [(name, meaning) for meaning, names in WORDS.items() for name in names if name in used]


__all__ = ["WORDS", "found"]

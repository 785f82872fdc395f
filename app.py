"""The server's entry: `streamlit run app.py` and `uvicorn app:app` both serve it (`make run` takes the latter)."""

import streamlit as st

from dgm import runtime
from dgm.ui import assets, front, headers, static_files, warmup

runtime.set_threads()
app = st.App("dgm/ui/frame.py", lifespan=warmup.lifespan, routes=assets.routes(),
             middleware=headers.middleware() + static_files.middleware() + front.middleware())

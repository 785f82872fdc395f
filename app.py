"""The server's entry point: `streamlit run app.py` and `uvicorn app:app` serve it (`make run` uses the latter)."""

import streamlit as st

from dgm import runtime
from server import headers, index_page, warmup
from ui.components import assets

runtime.set_threads()
app = st.App("ui/frame.py", lifespan=warmup.lifespan, routes=assets.routes() + index_page.routes(),
             middleware=headers.middleware())

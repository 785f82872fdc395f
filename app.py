"""The server's entry point: `streamlit run app.py` and `uvicorn app:app` serve it (`make run` uses the latter)."""

import streamlit as st

from dgm import runtime
from server import headers, index_page, reference, settings, warmup
from ui import streamlit_internals
from ui.components import assets
from ui.messages import show_unexpected

runtime.set_threads()
settings.apply()
streamlit_internals.keep_order_of_messages()
streamlit_internals.keep_late_requests_from_the_link()
streamlit_internals.join_messages()
streamlit_internals.read_state_by_key()
streamlit_internals.write_theme_once()
app = st.App("ui/frame.py", lifespan=warmup.lifespan, routes=assets.routes() + reference.routes() + index_page.routes(),
             middleware=headers.middleware(), on_script_error=show_unexpected)

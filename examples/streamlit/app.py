"""The board in Streamlit: diagram, status table, why, refresh, and a panel of settings.

pip install streamlit && DATAFLOW_HEALTH_URL=http://localhost:8000 streamlit run app.py
"""

import os
from datetime import UTC, datetime

import streamlit as st
import streamlit.components.v1 as components

from dataflow_health.client import Client
from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.report import ProcessHealth
from dataflow_health.schemas import Explanation, HealthStatus

OLD_S = 30.0


def main() -> None:
    st.set_page_config("Dataflow Health", page_icon="🚁", layout="wide")
    st.title("Dataflow Health")
    with st.sidebar:
        st.header("Configuration")
        url = st.text_input("API", os.environ.get("DATAFLOW_HEALTH_URL", "http://localhost:8000"))
        key = st.text_input("Key", os.environ.get("DATAFLOW_HEALTH_API_KEY", ""), type="password")
        automatic = st.toggle("Refresh by itself", value=True)
        every_s = st.slider("Every so many seconds", 2, 60, 5, disabled=not automatic)
        expand = st.toggle("Show every check in the diagram")
        only_red = st.toggle("Hide what is healthy in the table")
    st.button("Refresh")

    @st.fragment(run_every=every_s if automatic else None)
    def live() -> None:
        show(url, key, expand=expand, only_red=only_red)

    live()


def show(url: str, key: str, *, expand: bool, only_red: bool) -> None:
    """Everything below the title, asked anew at every refresh."""
    try:
        with Client(url, key) as api:
            board, causes = api.status(), api.why_all().causes
            picture = drawn(api, expand=expand)
    except DataflowHealthError as error:
        st.error(f"The API does not answer: {error}. Start it with `dataflow-health api`.")
        return
    headline(board)
    for why in causes:
        explained(why)
    shown = [p for p in board.processes if not (only_red and p.status == "HEALTHY")]
    worst_first = sorted(shown, key=lambda each: -each.status.rank)
    st.dataframe([row(each) for each in worst_first], hide_index=True, width="stretch")
    if picture:
        components.html(picture, height=700, scrolling=True)


def headline(board: HealthStatus) -> None:
    """The status in one word, and whether it can be believed."""
    age_s = (datetime.now(UTC) - board.at).total_seconds()
    tell = {"FAILED": st.error, "BLOCKED": st.error, "HEALTHY": st.success}.get(
        board.status.value, st.warning
    )
    tell(f"{board.status.symbol} {board.status} at {board.at:%Y-%m-%d %H:%M:%S} UTC")
    if age_s > OLD_S:
        st.warning(f"Data is old: {age_s:.0f} s")
    if board.ledger_error:
        st.warning(f"The ledger does not answer: {board.ledger_error}")
    for fault in board.config_errors:
        st.warning(f"Declared wrongly, not taken: {fault}")


def explained(why: Explanation) -> None:
    """One cause and its evidence."""
    with st.expander(f"{why.status.symbol} {why.process}: {why.reason}", expanded=True):
        if why.evidence:
            kept = {"tail", "archive", "member", "byte_offset", "frame", "expected", "found"}
            st.table([item.model_dump(include=kept) for item in why.evidence[:5]])
        if why.blocks:
            st.write(f"Holds up {', '.join(why.blocks)}: {why.blocked_recordings} recordings")
        for command in why.commands[:3]:
            st.code(command, language="bash")


def row(each: ProcessHealth) -> dict[str, object]:
    """One process in the table."""
    counts = each.counts
    return {
        "process": each.name,
        "status": f"{each.status.symbol} {each.status}",
        "since": each.since,
        "in": counts.incoming if counts else None,
        "done": counts.done if counts else None,
        "quarantined": counts.quarantined if counts else None,
        "why": each.reason,
    }


def drawn(api: Client, *, expand: bool) -> str:
    """The diagram, empty where the API has no renderer."""
    try:
        return api.svg(expand=expand)
    except DataflowHealthError as error:
        st.info(f"No diagram: {error}")
        return ""


main()

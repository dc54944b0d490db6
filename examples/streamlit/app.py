"""Pipeline health in Streamlit: diagram, status table, explanations, refresh, settings.

pip install streamlit && DATAFLOW_HEALTH_URL=http://localhost:8000 streamlit run app.py
"""

import os
from datetime import UTC, datetime

import streamlit as st
import streamlit.components.v1 as components

from dataflow_health.client import Client, DataflowHealthError, ProcessHealth
from dataflow_health.schemas import Explanation, HealthStatus

MAX_AGE_S = 30.0


def main() -> None:
    st.set_page_config("Dataflow Health", page_icon="🚁", layout="wide")
    st.title("Dataflow Health")
    with st.sidebar:
        st.header("Configuration")
        url = st.text_input("API", os.environ.get("DATAFLOW_HEALTH_URL", "http://localhost:8000"))
        key = st.text_input("Key", os.environ.get("DATAFLOW_HEALTH_API_KEY", ""), type="password")
        automatic = st.toggle("Refresh automatically", value=True)
        every_s = st.slider("Refresh interval, seconds", 2, 60, 5, disabled=not automatic)
        expand = st.toggle("Show every check in the diagram")
        unhealthy_only = st.toggle("Hide healthy processes in the table")
    st.button("Refresh")

    @st.fragment(run_every=every_s if automatic else None)
    def live() -> None:
        show(url, key, expand=expand, unhealthy_only=unhealthy_only)

    live()


def show(url: str, key: str, *, expand: bool, unhealthy_only: bool) -> None:
    """Shows everything below the title; runs at every refresh."""
    try:
        with Client(url, key) as api:
            status, causes = api.status(), api.explain_pipeline().causes
            picture = diagram(api, expand=expand)
    except DataflowHealthError as error:
        st.error(f"The API does not respond: {error}. Start it with `dataflow-health api`.")
        return
    headline(status)
    for cause in causes:
        show_cause(cause)
    shown = [p for p in status.processes if not (unhealthy_only and p.status == "HEALTHY")]
    worst_first = sorted(shown, key=lambda each: -each.status.rank)
    st.dataframe([row(each) for each in worst_first], hide_index=True, width="stretch")
    if picture:
        components.html(picture, height=700, scrolling=True)


def headline(status: HealthStatus) -> None:
    """Shows the overall status, and what limits the trust in it."""
    age_s = (datetime.now(UTC) - status.at).total_seconds()
    show_status = {"FAILED": st.error, "BLOCKED": st.error, "HEALTHY": st.success}.get(
        status.status.value, st.warning
    )
    show_status(f"{status.status.symbol} {status.status} at {status.at:%Y-%m-%d %H:%M:%S} UTC")
    if age_s > MAX_AGE_S:
        st.warning(f"Data is old: {age_s:.0f} s")
    if status.ledger_error:
        st.warning(f"The ledger is unreachable: {status.ledger_error}")
    for error in status.config_errors:
        st.warning(f"Invalid configuration, not used: {error}")


def show_cause(cause: Explanation) -> None:
    """Shows one cause and its evidence."""
    with st.expander(f"{cause.status.symbol} {cause.process}: {cause.reason}", expanded=True):
        if cause.evidence:
            columns = {"tail", "archive", "member", "byte_offset", "frame", "expected", "found"}
            st.table([item.model_dump(include=columns) for item in cause.evidence[:5]])
        if cause.blocks:
            st.write(f"Blocks {', '.join(cause.blocks)}: {cause.blocked_recordings} recordings")
        for command in cause.commands[:3]:
            st.code(command, language="bash")


def row(each: ProcessHealth) -> dict[str, object]:
    """Table row of one process."""
    counts = each.counts
    return {
        "process": each.name,
        "status": f"{each.status.symbol} {each.status}",
        "since": each.since,
        "in": counts.incoming if counts else None,
        "done": counts.done if counts else None,
        "quarantined": counts.quarantined if counts else None,
        "reason": each.reason,
    }


def diagram(api: Client, *, expand: bool) -> str:
    """Diagram as SVG; empty when the API has no renderer."""
    try:
        return api.diagram_svg(expand=expand)
    except DataflowHealthError as error:
        st.info(f"No diagram: {error}")
        return ""


main()

import httpx

from dataflow_health.client import Client


def test_events_are_parsed_as_the_standard_says() -> None:
    stream = (
        ': a comment\n\nretry: 2000\nid: 7\nevent: status\ndata: {"status":"HEALTHY"}\n\n'
        'id:8\nevent:status_change\ndata:{"process":"load"}\n\n: still here\n\nid: 9\n\n'
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=stream))
    events = list(Client("http://board", transport=transport).events())
    assert [(each.id, each.kind) for each in events] == [(7, "status"), (8, "status_change")]
    assert events[1].data == {"process": "load"}

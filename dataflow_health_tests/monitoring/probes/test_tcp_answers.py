from dataflow_health_tests.monitoring.probes.probing import probe, tcp_server


def test_a_port_accepts_a_connection_and_sends_its_greeting() -> None:
    with tcp_server(b"SSH-2.0-x") as address:
        check = {"kind": "tcp_answers", "address_from": "SERVER"}
        assert probe(check, {"SERVER": address}).outcome == "passed"
        assert probe(check | {"expects": "SSH-"}, {"SERVER": address}).outcome == "passed"
        result = probe(check | {"expects": "FTP!", "sends": "hello"}, {"SERVER": address})
        assert (result.outcome, result.detail) == ("failed", "answer (b'SSH-') == b'FTP!'")
    assert probe({"kind": "tcp_answers", "address": address}).outcome == "failed"
    assert probe({"kind": "tcp_answers", "address": "nonsense"}).outcome == "errored"


def test_a_port_that_sends_nothing_fails() -> None:
    with tcp_server(hangs=True) as address:
        check = {"kind": "tcp_answers", "address": address, "expects": "hi", "within": "PT0.2S"}
        assert probe(check).outcome == "failed"

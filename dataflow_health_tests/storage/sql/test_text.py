from dataflow_health.storage.sql.text import storable


def test_text_for_the_ledger_is_utf_8_without_nul_and_short() -> None:
    assert storable("a\udcff\0b") == "a\\udcff\\x00b"
    assert storable("x" * 5000).startswith("x" * 2000 + "… (5,000")

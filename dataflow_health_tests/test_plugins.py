from dataflow_health import plugins


def test_everything_promised_can_be_imported() -> None:
    assert [name for name in plugins.__all__ if not hasattr(plugins, name)] == []


def test_a_check_can_be_written_with_what_is_exported() -> None:
    def tape_robot(arguments: dict[str, int], _context: plugins.ProbeContext) -> object:
        return plugins.passed_if(arguments["free"] >= 5, f"free_slots ({arguments['free']}) >= 5")

    assert tape_robot({"free": 3}, None) == plugins.ProbeResult("failed", "free_slots (3) >= 5")  # type: ignore[arg-type]

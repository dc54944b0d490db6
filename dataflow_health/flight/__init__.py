"""What a flight is: recorders, layouts, parameters, phases, algorithms. numpy and pydantic only."""

"""What a flight is: recorders, layouts, parameters, phases and algorithms. numpy and pydantic only."""

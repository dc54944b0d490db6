"""Flight data: recorders, layouts, decoders, parameters, algorithms. Pure numpy and pydantic."""

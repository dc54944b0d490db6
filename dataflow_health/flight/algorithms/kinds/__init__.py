"""The kinds of algorithm, one a module: what YAML may say, and what it finds in a flight."""

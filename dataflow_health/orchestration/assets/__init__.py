"""One module a stage, in the words of the stages themselves."""

"""Files: the source of archives, the lake, and the Parquet table of one recording."""

"""Every figure, one file each: `plot(rows)` draws from a table of results and computes nothing but exact laws."""

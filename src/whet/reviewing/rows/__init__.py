"""Training rows that people keep, fix or drop, worst first, and the data set that comes of it."""

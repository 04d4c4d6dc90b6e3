"""One module for each group of figures; each figure is a function of the lab, and runs alone."""

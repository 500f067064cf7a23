"""The verbs: one file each, a plain function that assembles the parts."""

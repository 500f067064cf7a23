"""What votes say: tallies, agreement, raters to look at, the gate, and exports."""

"""People judge: blind comparison of answers in a web page, votes, agreement, export."""

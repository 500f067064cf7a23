"""Stage `judge`: a model is asked about the answers of a run, and what it said is kept.

judge/judge.json          who judged what, by which rubric, for how much
judge/judgements.jsonl    every verdict, one a line, those without a value too
judge/rubric.md           the rubric as it was given
judge/spot_check.jsonl    the items drawn for people: {"item": ID} a line, for `whet review`
judge/labels.jsonl        people's labels of this run's answers, where there are any
judge/calibration.json    how far judge and people agree; later runs may name it
judge/record/             every answer of the judge as it came, with its price
"""

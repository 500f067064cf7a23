"""`python -m whet` is `whet`."""

from whet.cli import main

raise SystemExit(main())

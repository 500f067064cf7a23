"""From what a user names (a run, a project, an adapter, a model) to what is exported."""

"""The flow engine: what to do next, decided purely from flows, state and what was heard."""

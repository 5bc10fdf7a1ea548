"""The roles of the bot (web, poll, worker, clock, nlu), each alone in a process or all in one.

A role is a module here with one function that starts its part in a `process.Process`.
`up` starts them all. Channels are gathered in `channels`, HTTP routes in `routers`.
"""

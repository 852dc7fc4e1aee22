"""The whole application in memory: what chat, flow tests, replay and the public ``bot`` stand on."""

"""The only place that awaits on purpose: turns, deliveries, timers."""

"""How good the built-in understanding is: measured for ``flowhook nlu evaluate`` and the studio."""

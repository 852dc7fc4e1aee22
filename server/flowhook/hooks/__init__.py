"""pluggy behind a typed façade: nobody else touches it."""

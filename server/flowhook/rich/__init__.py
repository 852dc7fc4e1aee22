"""Messages that are more than text: their shapes, their text fallback, their renderers."""

"""Values in what people write: numbers, dates, money … by locale. Pure."""

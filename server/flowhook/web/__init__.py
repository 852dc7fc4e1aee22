"""HTTP: the public routes without a framework; administration, documentation and plugins' routes in Quart."""

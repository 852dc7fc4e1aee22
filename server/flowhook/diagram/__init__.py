"""Pictures of flows: as Mermaid text, and as SVG without any program beside."""

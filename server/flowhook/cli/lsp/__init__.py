"""The language service spoken to editors: the Language Server Protocol on standard input and output."""

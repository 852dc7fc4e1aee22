"""The HTTP/1.1 server: sockets, connections and their limits. What is asked is answered elsewhere."""

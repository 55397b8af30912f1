"""One warm process that trains for the page: the server's side, the process, and what they say."""

"""Components that run in the browser, and the files they share."""

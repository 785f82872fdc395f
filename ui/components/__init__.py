"""Components that run in the browser, and the files that they share."""

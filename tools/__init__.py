"""For developers: a browser and a server for tests, benchmarks and pictures, and the pictures of the README."""

"""For developers: a browser and a server for tests, benchmarks and screenshots, and the README's screenshots."""

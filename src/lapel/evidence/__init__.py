"""The server: people, devices, recordings, custody."""

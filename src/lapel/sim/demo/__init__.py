"""The demo: a short shift from the lapel to the courtroom, in processes of its own."""

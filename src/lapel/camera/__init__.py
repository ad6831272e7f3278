"""The device on the lapel: recorder, store, journal, port."""

"""An `org.bluez` of our own over a virtual air; programs find it by its bus."""

"""The only door to the cryptography library: keys, signatures, certificates, seals, trees."""

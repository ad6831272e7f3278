"""Adapters of the radio ports: Bluetooth, Wi-Fi, NFC."""

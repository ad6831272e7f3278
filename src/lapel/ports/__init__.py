"""What shells must supply, as typing.Protocol."""

"""Apps that people use with cameras: grants, and taking them back."""

"""View (phone, in the browser) and View XL (in the car)."""

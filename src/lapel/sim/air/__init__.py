"""A virtual air: who hears whom, how controllers behave, and what is on the air."""

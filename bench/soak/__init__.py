"""The soak: a whole server under a steady mix of everything, watched for what grows."""

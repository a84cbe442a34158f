"""What kinds that talk to a cloud's own API are made of: who we are there, and one call with its refusals in our words.

The libraries are optional extras (`pip install 'perch[aws]'`, `'perch[gcp]'`) and loaded with the first call. They say
who we are; the calls go through `adapters.http`, so that a deadline and a cancel end them at once.
"""

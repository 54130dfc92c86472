"""Claims: parcels and goods that went wrong, and charges nobody knows.

Who claims is believed below the limits of the rules; above them somebody decides.
"""

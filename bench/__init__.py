"""The figures that ClawLama is judged by, as ratios within one run. ``python -m bench [NAME...]`` prints them."""

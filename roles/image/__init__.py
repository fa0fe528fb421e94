"""Makes sure that the image is there, built from the sources at hand.

A hash of everything that decides the build (files, modes, build settings) is compared with the image's label: equal
means nothing to do. A rebuild takes the versions that the present release has; only a first build looks for newer.
"""

"""What the tests run on, made by the tests themselves.

setup.py installs what a fresh Debian machine lacks; machine.py makes a bare machine that never saw Docker;
image.py names an image in this machine's Docker that was built from the working tree.
"""

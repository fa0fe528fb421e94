"""Never done."""

from pyinfra.operations import server

server.shell(name="something, each time", commands=["true"])

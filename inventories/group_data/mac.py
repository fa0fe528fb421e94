"""Docker Desktop's user needs no root, and shares her own folders with it."""

_sudo = False
clawlama_directory = "/Users/Shared/clawlama"
# The Mac's own Ollama, with its graphics processor, instead of one in the container:
# clawlama_ollama_url = "http://host.docker.internal:11434"

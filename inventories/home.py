"""Three machines at home, by the names that ~/.ssh/config has for them. To be copied and changed.

One run sets all of them up: ``pyinfra -y inventories/home.py deploy/clawlama.py``. What the groups differ in is
in group_data/.
"""

# A virtual machine, and a Raspberry Pi: Docker is installed where it is missing.
linux = ["vm", ("pi", {"clawlama_profile": "lean"})]
# Docker Desktop is there, and runs.
# Without a graphics processor, which no container gets there: Ollama on the Mac itself is many times faster. Start it
# with OLLAMA_HOST=0.0.0.0 and uncomment the line in group_data/mac.py.
mac = ["mac"]

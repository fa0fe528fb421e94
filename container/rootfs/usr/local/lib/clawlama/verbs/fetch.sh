# clawlama fetch: models into the volume, past Ollama, from a registry that the host has on its loopback. A deploy runs it in
# a container with the host's network. FETCH_FROM: that registry's host:port; FETCH: words, a model and its
# REPOSITORY@DIGEST there.
for concern in paths hardware models pull fetch ollama; do . "$LIB/$concern.sh"; done
own_folder
RUN=$MINE
CLAWLAMA_REGISTRY_INSECURE=false
mkdir -p "$OWN" "$DATA/ollama/blobs"
# shellcheck disable=SC2086 # words
fetch_models $FETCH

# Graphics processors: what Ollama needs for them is no part of the image. Where there is a card it is fetched once, of
# the image's own Ollama version, checked by its digest, into the volume; lib/ollama/cuda_v* of the image leads there.
GPU_TRIES=4
GPU_ARCHIVE=''

has_gpu() { ollama_is_ours && holds '.gpus != []' <"$HARDWARE"; }

provide_gpu_runners() {
  has_gpu || return 0
  STAGE=gpu
  gpu_kind=$(jq -r -f "$LIB/gpu.jq" "$HARDWARE") gpu_version=$(jq -r .versions.ollama "$VERSIONS")
  [ "$(cat "$GPU_RUNNERS/$gpu_kind/version" 2>/dev/null)" != "$gpu_version" ] || return 0
  : >"$RUN/reason"
  # Those of another version may crash it.
  rm -rf "$GPU_RUNNERS"/cuda_v*
  fetch_gpu_runners || gpu_unused "what Ollama needs for it cannot be had: $(cat "$RUN/reason")" \
    "the next start tries again; CLAWLAMA_GPU_UPSTREAM names a mirror"
}

# gpu_unused WHY FIX: an alarm, as the CPU answers in its place without a word.
gpu_unused() { note_incident gpu "$(jq -r '.gpus[0].name' "$HARDWARE") is not used: $1" "$2"; }

fetch_gpu_runners() {
  GPU_ARCHIVE=ollama-linux-$(uname -m | sed -e s/x86_64/amd64/ -e s/aarch64/arm64/).tar.zst
  gpu_site=$CLAWLAMA_GPU_UPSTREAM/download/v$gpu_version
  enter pulling gpu "fetching what Ollama $gpu_version needs for NVIDIA cards"
  mkdir -p "$GPU_RUNNERS"
  gpu_get sha256sum.txt && gpu_room && gpu_get "$GPU_ARCHIVE" && gpu_check && gpu_unpack
}

# gpu_get NAME: goes on where it stopped, in an earlier start too; a stalled one is given up.
gpu_get() {
  gpu_tries=$GPU_TRIES
  [ "$1" = "$GPU_ARCHIVE" ] || rm -f "$GPU_RUNNERS/$1"
  until gpu_download "$1"; do
    gpu_tries=$((gpu_tries - 1))
    [ "$gpu_tries" -gt 0 ] || return 1
    patiently sleep 2
  done
}

gpu_download() {
  curl -sS -f -L -C - --connect-timeout 20 --speed-limit 1000 --speed-time 30 -o "$GPU_RUNNERS/$1" "$gpu_site/$1" 2>"$RUN/reason" &
  CLIENT=$!
  while sleep 1 && kill -0 "$CLIENT" 2>/dev/null; do
    [ "$1" != "$GPU_ARCHIVE" ] || progress "$(stat -c %s "$GPU_RUNNERS/$1" 2>/dev/null || echo 0)" "$gpu_bytes" "$MESSAGE"
  done
  gpu_code=0
  wait "$CLIENT" || gpu_code=$?
  CLIENT=''
  # 33: the site cannot go on in the middle of a file. 416 in its words: there is nothing left to fetch.
  [ "$gpu_code" != 33 ] || rm -f "$GPU_RUNNERS/$1"
  [ "$gpu_code" = 0 ] || grep -q 'error: 416' "$RUN/reason"
}

# The archive, and at most thrice as much unpacked.
gpu_room() {
  gpu_bytes=$(curl -sS -f -L -I --max-time 30 "$gpu_site/$GPU_ARCHIVE" 2>"$RUN/reason" |
    awk 'tolower($1) == "content-length:" { bytes = $2 + 0 } END { printf "%.0f", bytes }')
  [ "$gpu_bytes" -gt 0 ] || return 1
  gpu_free=$(disk_free)
  [ $((gpu_bytes * 4)) -le "$gpu_free" ] ||
    { printf '%s are needed on the disk, %s are free' "$(megabytes $((gpu_bytes * 4)))" "$(megabytes "$gpu_free")" >"$RUN/reason" && false; }
}

gpu_check() {
  gpu_digest=$(awk -v name="$GPU_ARCHIVE" '{ sub(/^[*]?([.]\/)?/, "", $2) } $2 == name { print $1; exit }' "$GPU_RUNNERS/sha256sum.txt")
  progress 0 "$gpu_bytes" "checking every byte"
  patiently sha256sum "$GPU_RUNNERS/$GPU_ARCHIVE" >"$RUN/digest"
  [ -n "$gpu_digest" ] && [ "$(cut -d' ' -f1 "$RUN/digest")" = "$gpu_digest" ] && return
  rm -f "$GPU_RUNNERS/$GPU_ARCHIVE"
  echo "$GPU_ARCHIVE is not what its sha256sum.txt says" >"$RUN/reason" && false
}

# Node unpacks what the image has no program for.
gpu_unpack() {
  enter loading gpu "unpacking $gpu_kind"
  rm -rf "$GPU_RUNNERS/new" && mkdir "$GPU_RUNNERS/new"
  node -e 'process.stdin.pipe(require("zlib").createZstdDecompress()).pipe(process.stdout)' <"$GPU_RUNNERS/$GPU_ARCHIVE" |
    tar -x -C "$GPU_RUNNERS/new" --no-same-owner --wildcards "*lib/ollama/$gpu_kind*" 2>"$RUN/reason" || return 1
  echo "$gpu_version" >"$GPU_RUNNERS/new/lib/ollama/$gpu_kind/version"
  mv "$GPU_RUNNERS/new/lib/ollama/$gpu_kind" "$GPU_RUNNERS/$gpu_kind"
  rm -rf "$GPU_RUNNERS/new"
  rm -f "$GPU_RUNNERS/$GPU_ARCHIVE"
}

# check_gpu_use: of a model that is loaded. Ollama falls back to the CPU in silence.
check_gpu_use() {
  if has_gpu; then
    ! on_cpu "$(plan_value model)" || gpu_alarm >/dev/null ||
      gpu_unused "the model is on the CPU$(gpu_obstacle)" "see that the container gets NVIDIA's driver as a whole, and Ollama's lines above"
  elif asked_for_gpu; then
    note_incident gpu "an NVIDIA card was asked for, and none is seen in here" \
      "see whether nvidia-smi works on the host, and NVIDIA's Container Toolkit is installed there"
  fi
}

# gpu_obstacle: what the linker misses; Ollama leaves out a runner that does not load, without a word.
gpu_obstacle() {
  for gpu_library in "$GPU_RUNNERS"/cuda_v*/libggml-cuda.so; do
    LD_LIBRARY_PATH=/usr/local/lib/ollama:${gpu_library%/*} ldd "$gpu_library" 2>&1 |
      grep -m 1 -E 'not found|not a dynamic' | sed "s|^[[:space:]]*\(${gpu_library%/*}/\)\{0,1\}|: |"
  done
}

# gpu_is_idle MODEL: there is a card, or should be one, and the model is on the CPU.
gpu_is_idle() { if has_gpu; then on_cpu "$1"; else asked_for_gpu; fi; }

on_cpu() { [ "$(loaded "$1" size_vram)" = 0 ]; }

# Docker tells a container so that was given cards.
asked_for_gpu() {
  case ${NVIDIA_VISIBLE_DEVICES:-void} in void | none) return 1 ;; esac
  ollama_is_ours
}

# gpu_alarm: the last word of one; false where there was none.
gpu_alarm() { json_or_null "$INCIDENTS" | jq -r -e '[.[]? | select(.kind == "gpu") | "\(.what); \(.fix)"][-1] // empty'; }

# What this machine has, and what of it the container may use. Reads only; HARDWARE_ROOT lets tests hand in a recorded tree.
HARDWARE_ROOT=${TEST_HARDWARE:-}

detect_hardware() {
  STAGE=detect
  hardware >"$HARDWARE"
}

hardware() {
  gpu_json >"$RUN/gpu.json"
  jq -n --arg arch "$(uname -m)" --argjson logical "$(logical_cores)" --argjson physical "$(physical_cores)" \
    --argjson quota "$(cpu_quota)" --argjson memory "$(memory_total)" --argjson limit "$(memory_limit)" \
    --argjson simd "$(simd_json)" --argjson disk "$(disk_free)" --slurpfile gpu "$RUN/gpu.json" '
    {arch: $arch, cores: ([$physical, $logical] | min), logical_cores: $logical, cpu_quota: $quota,
     memory: $memory, memory_limit: (if $limit and $limit < $memory then $limit else null end),
     simd: $simd, gpus: $gpu[0], disk_free: $disk}'
}

logical_cores() { nproc; }

# Hyper-threads share an arithmetic unit: only whole cores count.
physical_cores() {
  cat "$HARDWARE_ROOT"/sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list 2>/dev/null |
    sort -u | wc -l | sed 's/^0$/9999/'
}

# CPUs as a number, null without a quota; cgroup v2, then v1.
cpu_quota() {
  if [ -r "$HARDWARE_ROOT/sys/fs/cgroup/cpu.max" ]; then
    awk '{ if ($1 == "max") print "null"; else print $1 / $2 }' "$HARDWARE_ROOT/sys/fs/cgroup/cpu.max"
  elif [ -r "$HARDWARE_ROOT/sys/fs/cgroup/cpu/cpu.cfs_quota_us" ]; then
    cat "$HARDWARE_ROOT/sys/fs/cgroup/cpu/cpu.cfs_quota_us" "$HARDWARE_ROOT/sys/fs/cgroup/cpu/cpu.cfs_period_us" |
      awk 'NR == 1 { quota = $1 } NR == 2 { if (quota > 0) print quota / $1; else print "null" }'
  else
    echo null
  fi
}

# Bytes.
memory_total() { awk '/^MemTotal:/ { printf "%.0f\n", $2 * 1024 }' "$HARDWARE_ROOT/proc/meminfo"; }

# Bytes, null without a limit; version 1 writes a huge number for "none", which is more than any machine has.
memory_limit() { of_cgroup memory.max memory/memory.limit_in_bytes; }
memory_used() { of_cgroup memory.current memory/memory.usage_in_bytes; }

# of_cgroup FILE OLD-FILE: what the first one says that is there, as cgroups of version 2 and 1 have them; null for "max".
of_cgroup() {
  for file in "$@"; do
    [ -r "$HARDWARE_ROOT/sys/fs/cgroup/$file" ] || continue
    sed 's/^max$/null/' "$HARDWARE_ROOT/sys/fs/cgroup/$file"
    return
  done
  echo null
}

# Intel's and ARM's names for what llama.cpp has code for.
simd_json() {
  grep -m 1 -E '^(flags|Features)' "$HARDWARE_ROOT/proc/cpuinfo" 2>/dev/null | cut -d: -f2 | tr ' ' '\n' |
    jq -R -s -c '{avx: "AVX", avx2: "AVX2", avx512f: "AVX-512", amx_tile: "AMX", asimd: "NEON", asimddp: "DOTPROD", sve: "SVE"}
      as $names | [split("\n")[] | $names[.] // empty]'
}

# disk_free [PLACE]: bytes, where the models go if nothing else is named.
disk_free() { df -P -k "${1:-$DATA}" | awk 'NR == 2 { printf "%.0f\n", $4 * 1024 }'; }

# No card, no word: nvidia-smi is there only when the NVIDIA runtime put it there.
gpu_json() {
  command -v nvidia-smi >/dev/null 2>&1 &&
    nvidia-smi --query-gpu=name,memory.total,driver_version,compute_cap --format=csv,noheader,nounits 2>/dev/null |
    jq -R -s -c '[split("\n")[] | select(. != "") | split(", ") | {name: .[0], vram: (.[1] | tonumber * 1048576), driver: .[2], capability: .[3]}]' &&
    return
  echo '[]'
}

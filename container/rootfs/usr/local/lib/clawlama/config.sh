# OpenClaw's configuration and the agent's rules: generated at every start, the user's own edits kept.

write_config() {
  STAGE=config
  provide_gateway_token
  if config_is_mounted; then
    say "configuration: $MOUNTED_CONFIG is mounted and replaces ours"
    CONFIG=$MOUNTED_CONFIG
  else
    generate_config >"$RUN/generated.json"
    merge_config
  fi
  write_rules
}

# A file of the user's own is judged before anything starts; line and column are OpenClaw's to say.
check_mounted_config() {
  config_is_mounted || return 0
  [ -r "$MOUNTED_CONFIG" ] || fail "$PERMANENT" "$MOUNTED_CONFIG: must be a file that user $(id -u) can read; chmod it on the host"
  OPENCLAW_CONFIG_PATH=$MOUNTED_CONFIG openclaw config validate --json >"$RUN/mounted.json" 2>"$RUN/mounted.errors" && return
  fail "$PERMANENT" "$MOUNTED_CONFIG: is rejected by OpenClaw: $(jq -r '[.issues[] | "\(.path): \(.message)"] | join("; ")' "$RUN/mounted.json"); mend the file, or mount none"
}

# Only a mount point counts: a plain file there could be the agent's own work.
config_is_mounted() { awk -v path="$MOUNTED_CONFIG" '$5 == path { found = 1 } END { exit !found }' /proc/self/mountinfo; }

generate_config() {
  jq -n --slurpfile template "$ETC/openclaw.template.json" --slurpfile settings "$SETTINGS" --slurpfile plan "$PLAN" \
    --arg ollama "$(ollama_url)" --arg token_file "$TOKEN" --arg workspace "$WORKSPACE" \
    --arg telegram_file "$(if [ -s "$TELEGRAM_TOKEN" ]; then echo "$TELEGRAM_TOKEN"; fi)" -f "$LIB/config.jq"
}

# Three ways: what we wrote last, what is there, what we write now. A file that is no JSON is kept aside, not lost.
merge_config() {
  [ -s "$LAST_GENERATED" ] || echo '{}' >"$LAST_GENERATED"
  if [ -e "$CONFIG" ] && ! holds 'type == "object"' <"$CONFIG"; then
    say "configuration: $CONFIG was no JSON object; it is kept as $CONFIG.broken and made anew"
    mv "$CONFIG" "$CONFIG.broken"
  fi
  json_or_null "$CONFIG" >"$RUN/config.found"
  jq -n --slurpfile base "$LAST_GENERATED" --slurpfile found "$RUN/config.found" --slurpfile new "$RUN/generated.json" \
    -f "$LIB/merge.jq" >"$RUN/config.json"
  install_private "$RUN/config.json" "$CONFIG"
  install_private "$RUN/generated.json" "$LAST_GENERATED"
}

install_private() {
  install -m 0600 "$1" "$2.new"
  mv "$2.new" "$2"
}

# The gateway reads its token from a file that must be its own and 0600.
provide_gateway_token() {
  if [ -n "$CLAWLAMA_GATEWAY_TOKEN_FILE" ]; then
    read_secret CLAWLAMA_GATEWAY_TOKEN_FILE "$CLAWLAMA_GATEWAY_TOKEN_FILE"
    # shellcheck disable=SC2154 # read_secret's
    write_secret "$TOKEN" "$secret"
  elif [ ! -s "$TOKEN" ]; then
    write_secret "$TOKEN" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
  fi
  chmod 0600 "$TOKEN"
}

# Our block of AGENTS.md is renewed, what stands outside of it is the user's.
write_rules() {
  rules=$WORKSPACE/AGENTS.md
  [ -e "$rules" ] || : >"$rules"
  {
    cat "$ETC/AGENTS.md"
    awk '/^<!-- clawlama:/ { ours = 1 } !ours { print } /^<!-- \/clawlama -->/ { ours = 0 }' "$rules"
  } >"$RUN/rules"
  cmp -s "$RUN/rules" "$rules" || cp "$RUN/rules" "$rules"
}

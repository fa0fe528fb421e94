# The environment, validated by the declaration that Python has too; then every setting is a shell variable.

validate_settings() {
  STAGE=validate
  jq --argjson environment "$(jq -n -c 'env')" -f "$LIB/settings.jq" "$ETC/settings.json" >"$RUN/verdict.json" ||
    fail "$PERMANENT" "the environment cannot be read as text: look for a variable that is no UTF-8"
  mistakes=$(jq -r '.mistakes | join("\n")' "$RUN/verdict.json")
  [ -z "$mistakes" ] || fail "$PERMANENT" "$mistakes"
  take_secrets
  jq '.settings' "$RUN/verdict.json" >"$SETTINGS"
  rm "$RUN/verdict.json"
  eval "$(jq -r 'to_entries[] | "\(.key)=\(.value | @sh)"' "$SETTINGS")"
}

# Secrets go to files of our own, 0600, and out of the environment that services inherit.
take_secrets() {
  keep_secret "$TELEGRAM_TOKEN" CLAWLAMA_TELEGRAM_BOT_TOKEN
  jq '.settings |= del(.CLAWLAMA_TELEGRAM_BOT_TOKEN)' "$RUN/verdict.json" >"$RUN/verdict.new"
  mv "$RUN/verdict.new" "$RUN/verdict.json"
  unset CLAWLAMA_TELEGRAM_BOT_TOKEN
}

# keep_secret FILE NAME: from the variable, or from the file that NAME_FILE names; none, and the file goes.
keep_secret() {
  secret=$(setting "$2")
  secret_file=$(setting "${2}_FILE")
  if [ -n "$secret_file" ]; then
    read_secret "${2}_FILE" "$secret_file"
  fi
  if [ -n "$secret" ]; then write_secret "$1" "$secret"; else rm -f "$1"; fi
}

# read_secret NAME FILE: the first line, which may end as DOS ends lines, into $secret.
read_secret() {
  [ -f "$2" ] && [ -r "$2" ] || fail "$PERMANENT" "$1=\"$2\": must be a file that user $(id -u) can read; mount it, or unset the variable"
  secret=$(head -n 1 "$2" | tr -d '\r\0')
  case $secret in
    '') fail "$PERMANENT" "$1=\"$2\": must hold the secret in its first line; that line is empty" ;;
    *[![:graph:]]*) fail "$PERMANENT" "$1=\"$2\": must hold the secret alone in its first line; there are blanks in it" ;;
  esac
}

setting() { jq -r --arg name "$1" '.settings[$name] // ""' "$RUN/verdict.json"; }

write_secret() {
  (umask 077 && printf '%s' "$2" >"$1.new")
  mv "$1.new" "$1"
}
